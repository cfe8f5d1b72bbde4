-- What is to be mended or explained in a submission, in the order in which it is shown? What was explained or waived is not.
SELECT severity, stage, message
FROM intake.finding
WHERE submission_id = :submission_id AND explanation IS NULL AND rule_waiver_id IS NULL
ORDER BY position
