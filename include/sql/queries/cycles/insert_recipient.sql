-- An office addressed in the cycle, with its name of that day.
INSERT INTO cycle.recipient (cycle_id, organization_id, group_code, position, name, short_name, role, reference_code)
VALUES (:cycle_id, :organization_id, :group_code, :position, :name, :short_name, :role, :reference_code)
