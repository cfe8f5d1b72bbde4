-- Which tables of the form does a version fill?
SELECT CASE kind WHEN 'mark' THEN 'marks' ELSE 'quantities' END AS filled
FROM core.fact WHERE submission_id = :submission_id AND state <> 'blank'
UNION
SELECT 'sections' FROM core.narrative WHERE submission_id = :submission_id
UNION
SELECT list FROM core.list_row WHERE submission_id = :submission_id
