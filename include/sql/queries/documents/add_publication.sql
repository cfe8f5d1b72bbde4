-- Freeze a document as given out; once.
INSERT INTO cycle.publication (document_id, version, content_hash, published_at)
VALUES (:document_id, :version, :content_hash, :published_at)
ON CONFLICT (document_id) DO NOTHING
