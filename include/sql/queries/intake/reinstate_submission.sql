-- A person decided that an earlier version counts again, or its office sent again what it had taken back: it becomes the
-- newest.
WITH sent_again AS (
    DELETE FROM intake.submission_withdrawal WHERE submission_id = :submission_id
)
UPDATE intake.submission s
SET version = (SELECT max(x.version) FROM intake.submission x WHERE x.recipient_id = s.recipient_id) + 1
WHERE s.submission_id = :submission_id
RETURNING s.version
