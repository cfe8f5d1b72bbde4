-- Which reminder steps of this cycle fell due by this moment and were not carried out, though the request is out?
SELECT m.step FROM cycle.milestone m
WHERE m.cycle_id = :cycle_id AND m.is_reminder AND m.done_at IS NULL AND m.due_at <= :moment
  AND EXISTS (SELECT FROM cycle.milestone i WHERE i.cycle_id = m.cycle_id AND i.step = 'issue' AND i.done_at IS NOT NULL)
  AND NOT EXISTS (SELECT FROM cycle.milestone c WHERE c.cycle_id = m.cycle_id AND c.step = 'close' AND c.done_at IS NOT NULL)
ORDER BY m.due_at, m.step
