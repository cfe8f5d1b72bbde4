-- How much mail waits to be sent, and since when? Answers to offices, mail that goes in office hours only, everything else;
-- and what a deliverer holds whose outcome is not written yet. A message's age is counted by its cycle's clock.
SELECT x.kind, x.mode,
       count(m.message_id) AS mails_queued,
       coalesce(max(extract(epoch FROM m.now_at - m.dated_at)), 0) AS oldest_queued_mail_seconds,
       count(m.message_id) FILTER (WHERE m.state = 'sending') AS mails_in_doubt,
       coalesce(max(extract(epoch FROM now() - m.claimed_at)) FILTER (WHERE m.state = 'sending'), 0)
           AS oldest_mail_in_doubt_seconds
FROM (VALUES ('answer', 'live'), ('office_hours', 'live'), ('other', 'live'),
             ('answer', 'rehearsal'), ('office_hours', 'rehearsal'), ('other', 'rehearsal')) AS x (kind, mode)
LEFT JOIN (
    SELECT q.message_id, q.state, q.dated_at, q.claimed_at, c.mode, coalesce(k.now_at, now()) AS now_at,
           CASE WHEN q.step ~ '^(receipt|completion_request|repeat|explained|system_fault(__[0-9]+)?)$' THEN 'answer'
                WHEN cycle.waits_for_office_hours(q.step) THEN 'office_hours'
                ELSE 'other' END AS kind
    FROM cycle.message q
    JOIN cycle.cycle c USING (cycle_id)
    JOIN cycle.clock k USING (clock_id)
    WHERE q.state IN ('queued', 'sending') AND NOT k.keeps_mail
) m ON m.kind = x.kind AND m.mode = x.mode
GROUP BY x.kind, x.mode
