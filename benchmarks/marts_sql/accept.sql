-- One more accepted version of the office at :position in the list of a cycle, as the intake writes it.
INSERT INTO intake.archived_file (sha256, byte_count, media_type)
SELECT 'bench.' || count(*), 1, 'text/plain' FROM intake.submission s WHERE s.cycle_id = :cycle_id
ON CONFLICT DO NOTHING;

INSERT INTO intake.submission (cycle_id, recipient_id, version, file_sha256, filename, sender, channel, received_at, outcome,
                               checked_at)
SELECT r.cycle_id, r.recipient_id,
       coalesce((SELECT max(s.version) FROM intake.submission s WHERE s.recipient_id = r.recipient_id), 0) + 1,
       (SELECT 'bench.' || count(*) FROM intake.submission s WHERE s.cycle_id = r.cycle_id),
       'So lieu.xlsx', 'vanthu@cq.example', 'mail', c.due_at - interval '1 day', 'accepted', c.due_at - interval '1 day'
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
WHERE r.cycle_id = :cycle_id AND r.position = :position;

INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, kind, state, value, unit, sheet, cell)
SELECT s.submission_id, s.cycle_id, s.recipient_id, a.indicator, a.year, a.kind,
       CASE a.kind WHEN 'mark' THEN 'yes' ELSE 'value' END, CASE a.kind WHEN 'quantity' THEN a.place + s.version END, a.unit,
       'Biểu 1', 'C' || 10 + a.place
FROM core.current_submission s
JOIN cycle.recipient r ON r.recipient_id = s.recipient_id
JOIN mart.asked_value a ON a.cycle_id = s.cycle_id
WHERE r.cycle_id = :cycle_id AND r.position = :position
