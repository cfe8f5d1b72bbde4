-- Which cycle does this one ask about, what was the report called, and until when are answers asked for?
SELECT c.cycle_id, c.title, c.subject, c.mode, c.clock_id, c.kind, c.due_at, c.officer, c.regime_content, p.cycle_id AS parent_cycle_id,
       p.title AS parent_title
FROM cycle.cycle c
LEFT JOIN cycle.cycle p ON p.cycle_id = c.parent_cycle_id
WHERE c.cycle_id = :cycle_id
