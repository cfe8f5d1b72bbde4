-- What was found in a version, and how is it explained: by which mail, if by one?
SELECT position, rule, sheet, cell, explanation, explanation_arrival_id
FROM intake.finding
WHERE submission_id = :submission_id
