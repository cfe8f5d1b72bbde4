-- The document of this kind, added if it is new; its row stays locked until the transaction ends.
INSERT INTO cycle.document (cycle_id, kind, title)
VALUES (:cycle_id, :kind, :title)
ON CONFLICT (cycle_id, kind) DO UPDATE SET title = excluded.title
RETURNING document_id
