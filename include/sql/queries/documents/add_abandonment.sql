-- Note that a report without a number is given up.
INSERT INTO cycle.abandonment (document_id, reason, abandoned_by, abandoned_at)
VALUES (:document_id, :reason, :abandoned_by, :abandoned_at)
ON CONFLICT DO NOTHING
