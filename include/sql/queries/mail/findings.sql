-- What was found in a submission, in the order in which it is shown?
SELECT severity, message
FROM intake.finding
WHERE submission_id = :submission_id
ORDER BY position
