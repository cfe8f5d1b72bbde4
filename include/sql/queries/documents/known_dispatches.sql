-- Which states of a document on the document axis are noted already?
SELECT recipient_id, addressee, state, occurred_at
FROM cycle.dispatch
WHERE document_id = :document_id
