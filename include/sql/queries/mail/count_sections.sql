-- How many sections of this submission were accepted?
SELECT count(*)
FROM core.narrative
WHERE submission_id = :submission_id
