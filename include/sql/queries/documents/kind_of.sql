-- What kind of document is this?
SELECT kind FROM cycle.document WHERE document_id = :document_id
