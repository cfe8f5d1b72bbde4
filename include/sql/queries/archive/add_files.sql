-- Note files of the archive; one that is known is kept as it is. Always in the same order, so that two workers never wait
-- for each other in a ring.
INSERT INTO intake.archived_file (sha256, byte_count, media_type)
SELECT DISTINCT ON (f.sha256) f.sha256, f.byte_count, f.media_type
FROM unnest(CAST(:hashes AS text[]), CAST(:byte_counts AS bigint[]), CAST(:media_types AS text[]))
     AS f (sha256, byte_count, media_type)
ORDER BY f.sha256
ON CONFLICT (sha256) DO NOTHING
