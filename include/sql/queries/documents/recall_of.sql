-- By which letter was a document recalled? Its number; no row when it was not.
SELECT g.number
FROM cycle.document d
JOIN cycle.document_registration g USING (document_id)
WHERE d.about_document_id = :document_id AND d.kind LIKE 'recall\_letter\_\_%'
ORDER BY d.document_id
LIMIT 1
