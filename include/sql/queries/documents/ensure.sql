-- The document of this kind, added if it is new; its row stays locked until the transaction ends.
INSERT INTO cycle.document (cycle_id, kind, title, is_numbered)
VALUES (:cycle_id, :kind, :title, :is_numbered)
ON CONFLICT (cycle_id, kind) DO UPDATE SET title = excluded.title, is_numbered = excluded.is_numbered
RETURNING document_id
