-- How does this cycle stand? Held, so that one change after the other is made; others may go on writing rows of it.
SELECT c.regime_content, c.period, c.request_on, c.due_at, s.due_at AS close_at, s.done_at AS closed_at,
       EXISTS (SELECT FROM cycle.milestone i
               WHERE i.cycle_id = c.cycle_id AND i.step = 'issue' AND i.done_at IS NOT NULL) AS is_issued,
       EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = c.cycle_id) AS is_withdrawn
FROM cycle.cycle c
JOIN cycle.milestone s ON s.cycle_id = c.cycle_id AND s.step = 'close'
WHERE c.cycle_id = :cycle_id
FOR NO KEY UPDATE OF c
