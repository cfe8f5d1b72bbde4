-- Does the records office give this document a number?
SELECT is_numbered FROM cycle.document WHERE document_id = :document_id
