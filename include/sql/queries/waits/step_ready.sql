-- May the task of this step go on? (its moment has come by the cycle's clock, or it is done already;
-- a reminder need not wait beyond the close; a step that the cycle does not have is for its work to refuse)
SELECT coalesce((
    SELECT m.done_at IS NOT NULL
           OR m.due_at <= coalesce(k.now_at, clock_timestamp())
           OR (m.is_reminder AND EXISTS (SELECT FROM cycle.milestone c
                                         WHERE c.cycle_id = m.cycle_id AND c.step = 'close' AND c.done_at IS NOT NULL))
    FROM cycle.milestone m
    JOIN cycle.cycle y USING (cycle_id)
    JOIN cycle.clock k USING (clock_id)
    WHERE m.cycle_id = :cycle_id AND m.step = :step
), true)
