-- What these offices wrote in the versions that count was confirmed wrongly: take the confirmations back.
UPDATE core.contribution_confirmation c
SET undone_at = :at, undone_by = :by, undone_because = :reason
FROM core.contribution k
WHERE k.contribution_confirmation_id = c.contribution_confirmation_id AND k.recipient_id = ANY (:recipient_ids)
RETURNING c.recipient_id, c.submission_id
