-- Which signed documents does a recipient owe (or may it give), answered or not?
SELECT o.deliverable, d.label
FROM cycle.obligation o
JOIN cycle.deliverable d USING (cycle_id, deliverable)
WHERE o.cycle_id = :cycle_id AND o.recipient_id = :recipient_id AND d.kind = 'document'
ORDER BY d.position
