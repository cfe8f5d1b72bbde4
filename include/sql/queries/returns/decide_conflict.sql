-- An officer (or the rank of the sources) decides which of two files counts. No row when it was decided before.
UPDATE intake.conflict
SET kept_submission_id = :kept, decided_by = :by, decided_at = :at, reason = :reason
WHERE conflict_id = :conflict_id AND decided_at IS NULL
RETURNING conflict_id
