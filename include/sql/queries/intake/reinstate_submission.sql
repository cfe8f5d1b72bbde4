-- A person decided that an earlier version counts again: it becomes the newest.
UPDATE intake.submission s
SET version = (SELECT max(x.version) FROM intake.submission x WHERE x.recipient_id = s.recipient_id) + 1
WHERE s.submission_id = :submission_id
RETURNING s.version
