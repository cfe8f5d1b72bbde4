-- By which letter was a document recalled? Its number; no row when it was not.
SELECT g.number
FROM cycle.document d
JOIN cycle.document_registration g USING (document_id)
WHERE d.about_document_id = :document_id AND split_part(d.kind, '__', 1) = 'recall_letter'
ORDER BY d.document_id
LIMIT 1
