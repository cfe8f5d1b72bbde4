-- Whom does a cycle address, with the code and the names of that day, and under which other spellings are they known?
SELECT r.recipient_id, r.organization_id, r.reference_code, r.name, r.short_name,
       coalesce((SELECT array_agg(a.spelling ORDER BY a.spelling)
                 FROM registry.organization_alias a
                 WHERE a.organization_id = r.organization_id), '{}') AS aliases
FROM cycle.recipient r
WHERE r.cycle_id = :cycle_id
ORDER BY r.position
