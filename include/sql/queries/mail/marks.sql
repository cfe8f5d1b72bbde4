-- Which marks of this submission were accepted?
SELECT indicator, year, is_marked, document_number, document_on
FROM core.fact
WHERE submission_id = :submission_id
