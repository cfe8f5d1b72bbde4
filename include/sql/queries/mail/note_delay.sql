-- A server says that it still tries to deliver a mail: noted once, its state stays.
INSERT INTO cycle.message_event (message_id, state, occurred_at, detail)
SELECT m.message_id, m.state, coalesce(k.now_at, :wall_now), :detail
FROM cycle.message m
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.clock k USING (clock_id)
WHERE m.message_id = :message_id
  AND NOT EXISTS (SELECT FROM cycle.message_event e WHERE e.message_id = m.message_id AND e.detail = :detail)
