-- Let an address speak for an office no more; no row where it does not.
UPDATE registry.sender_alias
SET undone_at = :undone_at, undone_by = :undone_by
WHERE email = :email AND organization_id = :organization_id AND undone_at IS NULL
RETURNING email
