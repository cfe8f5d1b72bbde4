-- Which offices' words may stand in the report?
SELECT r.organization_id
FROM core.contribution k
JOIN cycle.recipient r USING (recipient_id)
WHERE k.cycle_id = :cycle_id AND r.role = 'owes' AND k.is_citable
