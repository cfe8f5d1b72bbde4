-- What an incoming document answers.
INSERT INTO intake.document_answer (incoming_document_id, recipient_id, deliverable)
VALUES (:incoming_document_id, :recipient_id, :deliverable)
ON CONFLICT DO NOTHING
