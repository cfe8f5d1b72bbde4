-- The same offices' rows in the cycles that follow this one show what they reported in it.
INSERT INTO mart.change (cycle_id, recipient_id, cause)
SELECT n.cycle_id, n.recipient_id, 'previous_cycle'
FROM cycle.previous_cycle p
JOIN cycle.recipient r ON r.cycle_id = p.previous_cycle_id
JOIN cycle.recipient n ON n.cycle_id = p.cycle_id AND n.organization_id = r.organization_id
WHERE p.previous_cycle_id = :cycle_id AND r.recipient_id = ANY (CAST(:recipient_ids AS bigint[]))
