-- Let the newest draft of a document be overtaken, as something changed that is no part of what counts.
UPDATE cycle.document_version SET source_fingerprint = '' WHERE document_id = :document_id AND version = :version
