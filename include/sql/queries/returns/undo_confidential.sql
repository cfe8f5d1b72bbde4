-- An office does not answer by the secret mail after all.
UPDATE intake.confidential_answer
SET undone_at = :at, undone_by = :by, undone_because = :reason
WHERE recipient_id = :recipient_id AND undone_at IS NULL
RETURNING confidential_answer_id
