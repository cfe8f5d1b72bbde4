-- Which computed figures does one draft of a report name otherwise than an earlier one? (a nought that was not named before is
-- no change)
SELECT coalesce(n.figure, o.figure) AS figure, o.value AS before, n.value AS after
FROM (SELECT * FROM cycle.document_figure WHERE document_id = :document_id AND version = :earlier) o
FULL JOIN (SELECT * FROM cycle.document_figure WHERE document_id = :document_id AND version = :version) n USING (figure)
WHERE coalesce(o.value, 0) <> coalesce(n.value, 0)
ORDER BY split_part(coalesce(n.figure, o.figure), ':', 1) NOT IN ('answered', 'missing'),
         starts_with(coalesce(n.figure, o.figure), 'previous:'), coalesce(n.figure, o.figure)
