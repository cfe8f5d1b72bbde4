-- Of each cycle that goes on: how long until the deadline, how many steps of its plan are due and not done, how long is the
-- oldest of them late, how long until the next?
SELECT c.cycle_id AS cycle, c.mode,
       extract(epoch FROM c.due_at - c.now_at) AS deadline_in_seconds,
       coalesce(s.due_steps, 0) AS steps_due,
       coalesce(extract(epoch FROM c.now_at - s.oldest_due_at), 0) AS step_late_seconds,
       extract(epoch FROM s.next_due_at - c.now_at) AS next_step_in_seconds
FROM cycle.watched_cycle c
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE m.due_at <= c.now_at) AS due_steps,
           min(m.due_at) FILTER (WHERE m.due_at <= c.now_at) AS oldest_due_at,
           min(m.due_at) FILTER (WHERE m.due_at > c.now_at) AS next_due_at
    FROM cycle.milestone m
    WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL
) s
