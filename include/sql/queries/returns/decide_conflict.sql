-- An officer (or the rank of the sources) decides which of two files counts. No row when it was decided before. The file that
-- contradicted counts also against the versions that the standing one had followed.
WITH decided AS (
    UPDATE intake.conflict
    SET kept_submission_id = :kept, decided_by = :by, decided_at = :at, reason = :reason
    WHERE conflict_id = :conflict_id AND decided_at IS NULL
    RETURNING conflict_id, other_submission_id
),
followed AS (
    UPDATE intake.conflict k
    SET kept_submission_id = :kept, decided_by = :by, decided_at = :at, reason = :reason
    FROM decided d
    WHERE d.other_submission_id = :kept AND k.other_submission_id = :kept AND k.decided_at IS NULL
      AND k.conflict_id < d.conflict_id
)
SELECT conflict_id FROM decided
