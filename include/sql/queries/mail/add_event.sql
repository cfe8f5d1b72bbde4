-- Write down a change of a message's state, at the present moment of its cycle's clock.
INSERT INTO cycle.message_event (message_id, state, occurred_at, detail)
SELECT m.message_id, :state, coalesce(k.now_at, :wall_now), :detail
FROM cycle.message m
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.clock k USING (clock_id)
WHERE m.message_id = :message_id
