-- An office takes a version back.
INSERT INTO intake.submission_withdrawal (submission_id, reason, asked_by, withdrawn_by, withdrawn_at)
VALUES (:submission_id, :reason, :asked_by, :by, :at)
ON CONFLICT (submission_id) DO NOTHING
RETURNING submission_id
