-- Hold a recipient's place in line, so that the numbers of its versions follow one another.
SELECT r.recipient_id, r.organization_id, r.short_name,
       (SELECT o.kind FROM registry.organization o WHERE o.organization_id = r.organization_id) AS kind
FROM cycle.recipient r
WHERE r.cycle_id = :cycle_id AND r.reference_code = :reference_code
FOR NO KEY UPDATE OF r
