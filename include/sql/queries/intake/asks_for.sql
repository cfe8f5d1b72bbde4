-- Does this cycle ask for an answer in words, and which cycle does it follow?
SELECT c.parent_cycle_id,
       EXISTS (SELECT FROM cycle.deliverable d WHERE d.cycle_id = c.cycle_id AND d.kind = 'reply') AS asks_reply
FROM cycle.cycle c
WHERE c.cycle_id = :cycle_id
