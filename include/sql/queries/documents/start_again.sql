-- Start a report again that was given up, about another report and with another reason than before.
WITH undone AS (
    UPDATE cycle.abandonment SET undone_at = :at WHERE document_id = :document_id AND undone_at IS NULL
)
UPDATE cycle.document
SET about_document_id = :about_document_id, content = CAST(:content AS jsonb)
WHERE document_id = :document_id
