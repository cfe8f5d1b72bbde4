-- Which addresses speak for which offices (all, or one) though they are none of their contacts?
SELECT s.email, s.organization_id,
       coalesce((SELECT n.name FROM registry.organization_name n
                 WHERE n.organization_id = s.organization_id
                 ORDER BY n.valid_from DESC LIMIT 1), s.organization_id) AS office,
       s.learnt_from, s.reason, s.taught_by, s.taught_at
FROM registry.sender_alias s
WHERE s.undone_at IS NULL
  AND (CAST(:organization_id AS text) IS NULL OR s.organization_id = :organization_id)
ORDER BY office, s.email
