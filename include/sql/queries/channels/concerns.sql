-- What of the intake is not as it should be now? Deliveries without an answer and answers of live cycles that are not sent
-- for longer than the limit; too many deliveries that wait for a person, or one that waits since before :one_day_ago;
-- channels without a successful look for too long, or that a person has to mend; deliveries that cannot be collected; the
-- newest backup, where any is to be made, being too old; mails that wait for a decision after a restore.
WITH put_aside AS (
    SELECT a.arrival_id, a.collected_at, a.from_address, a.filename, a.subject, a.note
    FROM intake.arrival a
    WHERE (a.outcome IN ('quarantined', 'no_submission') OR a.note IS NOT NULL)  -- the few that are indexed
      AND a.outcome = 'quarantined' AND a.mode = :mode
      AND NOT EXISTS (SELECT FROM audit.event s
                      WHERE s.kind IN ('arrival_settled', 'arrival_ignored')
                        AND s.detail ->> 'arrival_id' = a.arrival_id::text)
)
SELECT 'unanswered' AS kind, a.arrival_id::text AS about, a.collected_at AS since,
       coalesce(a.from_address, a.filename, '') AS who, coalesce(a.subject, a.filename, '') AS what
FROM intake.arrival a
WHERE a.handled_at IS NULL AND a.mode = :mode
  AND a.collected_at < clock_timestamp() - :answer_minutes * interval '1 minute'
UNION ALL
SELECT 'unsent', m.message_id::text, m.dated_at, m.to_address, m.subject
FROM cycle.message m
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.clock k USING (clock_id)
WHERE m.state IN ('queued', 'sending') AND k.kind = 'wall' AND :mode = 'live'
  AND m.step ~ '^(receipt|completion_request|repeat|explained|system_fault(__[0-9]+)?)$'
  AND m.dated_at < clock_timestamp() - :answer_minutes * interval '1 minute'
UNION ALL
SELECT 'quarantine', 'count', min(collected_at), count(*)::text, ''
FROM put_aside
HAVING count(*) > :quarantine_limit
UNION ALL
SELECT 'quarantine', arrival_id::text, collected_at, coalesce(from_address, filename, ''), coalesce(note, subject, '')
FROM put_aside
WHERE collected_at < :one_day_ago
UNION ALL
SELECT 'silent_channel', l.channel, coalesce(l.looked_at, l.watched_since), '', coalesce(l.problem, '')
FROM intake.channel_look l
WHERE l.channel = ANY (:channels)
  AND (l.is_lasting
       OR coalesce(l.looked_at, l.watched_since) < clock_timestamp() - :silence_minutes * interval '1 minute')
UNION ALL
SELECT 'unfit_item', i.channel || ' ' || i.key, i.noted_at, i.channel, i.problem
FROM intake.channel_item i
WHERE i.problem IS NOT NULL AND i.channel = ANY (:channels) AND (i.is_lasting OR i.try_count >= 3)
UNION ALL
SELECT 'no_backup', 'newest', coalesce(b.taken_at, s.installed_at), coalesce(b.name, ''), ''
FROM (SELECT min(opened_at) AS installed_at FROM (
          SELECT recorded_at AS opened_at FROM audit.event ORDER BY event_id LIMIT 1) first_event) s
LEFT JOIN LATERAL (SELECT name, taken_at FROM audit.backup ORDER BY taken_at DESC LIMIT 1) b ON true
WHERE :is_backed_up AND coalesce(b.taken_at, s.installed_at) < clock_timestamp() - :backup_hours * interval '1 hour'
UNION ALL
SELECT 'in_doubt', r.restore_id::text, r.restored_at, count(*)::text, r.backup
FROM audit.open_restore r
JOIN cycle.message m ON m.state = 'queued' AND cycle.in_doubt_since(m) = r.restore_id
GROUP BY r.restore_id, r.restored_at, r.backup
ORDER BY since, about
