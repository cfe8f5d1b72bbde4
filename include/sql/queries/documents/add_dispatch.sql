-- Note how a document fared on the document axis; the same state of the same moment is noted once.
INSERT INTO cycle.dispatch (document_id, recipient_id, addressee, state, occurred_at, note, source, entered_by, entered_at)
VALUES (:document_id, :recipient_id, :addressee, :state, :occurred_at, :note, :source, :entered_by, :entered_at)
ON CONFLICT (document_id, recipient_id, addressee, state, occurred_at) DO NOTHING
