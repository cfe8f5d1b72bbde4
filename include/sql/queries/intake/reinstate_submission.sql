-- A person decided that an earlier version counts again, or its office sent again what it had taken back: it becomes the
-- newest. What a person decided (`is_decided`) also settles conflicts it is in, and outranks the other versions.
WITH sent_again AS (
    DELETE FROM intake.submission_withdrawal WHERE submission_id = :submission_id
),
decided AS (
    UPDATE intake.conflict
    SET kept_submission_id = :submission_id, decided_by = :by, decided_at = :at, reason = :reason
    WHERE :is_decided AND :submission_id IN (standing_submission_id, other_submission_id)
      AND kept_submission_id IS DISTINCT FROM :submission_id
)
UPDATE intake.submission s
SET version = (SELECT max(x.version) FROM intake.submission x WHERE x.recipient_id = s.recipient_id) + 1,
    source_rank = CASE WHEN :is_decided
                       THEN least(s.source_rank, (SELECT min(c.source_rank) FROM core.countable_submission c
                                                  WHERE c.recipient_id = s.recipient_id))
                       ELSE s.source_rank END
WHERE s.submission_id = :submission_id
RETURNING s.version
