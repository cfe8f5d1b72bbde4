-- Keep what a file says: of a registered document, or of an attachment.
WITH document AS (
    UPDATE intake.incoming_document SET prose = :prose WHERE incoming_document_id = CAST(:incoming_document_id AS bigint)
)
UPDATE intake.attachment SET prose = :prose
WHERE CAST(:incoming_document_id AS bigint) IS NULL
  AND arrival_id = CAST(:arrival_id AS bigint) AND position = CAST(:position AS integer)
