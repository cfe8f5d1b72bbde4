-- How do these versions stand beside the others of their office: taken back, in a conflict that waits for a decision, or is
-- another one counted (`counted` and its version and moment)?
SELECT s.submission_id, w.submission_id IS NOT NULL AS is_withdrawn,
       c.submission_id AS counted, c.version AS counted_version, c.received_at AS counted_received_at,
       k.cell_count AS conflicting_cells, k.version AS conflict_version, k.received_at AS conflict_received_at
FROM unnest(CAST(:submission_ids AS bigint[])) AS asked (submission_id)
JOIN intake.submission s USING (submission_id)
LEFT JOIN intake.submission_withdrawal w USING (submission_id)
LEFT JOIN LATERAL (
    SELECT v.submission_id, v.version, v.received_at
    FROM core.current_submission v
    WHERE v.cycle_id = s.cycle_id AND v.recipient_id = s.recipient_id
    OFFSET 0
) c ON true
LEFT JOIN LATERAL (
    SELECT jsonb_array_length(q.cells) AS cell_count, o.version, o.received_at
    FROM intake.conflict q
    JOIN intake.submission o ON o.submission_id = q.standing_submission_id
    WHERE q.other_submission_id = s.submission_id AND q.kept_submission_id IS NULL
    ORDER BY q.conflict_id DESC
    LIMIT 1
) k ON true
