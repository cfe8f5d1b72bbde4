-- Note a file of the archive; one that is known is kept as it is.
INSERT INTO intake.archived_file (sha256, byte_count, media_type)
VALUES (:sha256, :byte_count, :media_type)
ON CONFLICT (sha256) DO NOTHING
