-- Keep what an urging letter's draft says of one recipient.
INSERT INTO cycle.document_addressee (document_id, version, recipient_id, deliverable, new_last_day)
VALUES (:document_id, :version, :recipient_id, :deliverable, :new_last_day)
