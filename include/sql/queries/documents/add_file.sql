-- Keep one file of a draft.
INSERT INTO cycle.document_file (document_id, version, role, filename, sha256)
VALUES (:document_id, :version, :role, :filename, :sha256)
