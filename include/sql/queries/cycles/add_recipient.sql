-- Add an office to a running cycle, after the others, with its name on the day of the request; none when it is there.
INSERT INTO cycle.recipient (cycle_id, organization_id, group_code, position, name, short_name, role, reference_code)
SELECT :cycle_id, o.organization_id, :group_code, :position, n.name, n.short_name, 'owes', :reference_code
FROM registry.organization o
JOIN registry.organization_name n ON n.organization_id = o.organization_id AND n.valid_from <= :on_day
     AND (n.valid_to IS NULL OR n.valid_to > :on_day)
WHERE o.organization_id = :organization_id
RETURNING recipient_id, name, short_name, reference_code
