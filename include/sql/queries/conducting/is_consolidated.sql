-- Were the data of this cycle consolidated since it was closed?
SELECT EXISTS (
    SELECT FROM audit.event e
    JOIN cycle.milestone m ON m.cycle_id = e.cycle_id AND m.step = 'close'
    WHERE e.cycle_id = :cycle_id AND e.kind = 'consolidated' AND e.occurred_at >= m.done_at)
