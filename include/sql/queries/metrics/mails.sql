-- Of each cycle that goes on: how many messages of each step are in which state? Steps that are numbered count together.
SELECT c.cycle_id AS cycle, c.mode, s.step, x.state,
       coalesce(sum(s.message_count) FILTER (WHERE s.state = x.state), 0) AS mails
FROM cycle.watched_cycle c
CROSS JOIN LATERAL (
    SELECT regexp_replace(m.step, '__[0-9]+$', '') AS step, m.state, count(*) AS message_count
    FROM cycle.message m
    WHERE m.cycle_id = c.cycle_id
    GROUP BY m.step, m.state
) s
CROSS JOIN unnest(ARRAY['queued', 'sending', 'sent', 'ambiguous', 'failed', 'bounced', 'withdrawn']) AS x (state)
GROUP BY c.cycle_id, c.mode, s.step, x.state
