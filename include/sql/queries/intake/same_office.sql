-- Under which code is the office of this recipient addressed in another cycle?
SELECT o.reference_code
FROM cycle.recipient r
JOIN cycle.recipient o ON o.organization_id = r.organization_id AND o.cycle_id = :other_cycle_id
WHERE r.cycle_id = :cycle_id AND r.reference_code = :reference_code
