-- Note files of the archive; one that is known is kept as it is, one that was disposed of and came again is there again.
-- Always in the same order, so that two workers never wait for each other in a ring. Which of them came again?
WITH noted AS (
    INSERT INTO intake.archived_file AS k (sha256, byte_count, media_type)
    SELECT DISTINCT ON (f.sha256) f.sha256, f.byte_count, f.media_type
    FROM unnest(CAST(:hashes AS text[]), CAST(:byte_counts AS bigint[]), CAST(:media_types AS text[]))
         AS f (sha256, byte_count, media_type)
    ORDER BY f.sha256
    ON CONFLICT (sha256) DO UPDATE
    SET archived_at = clock_timestamp(), disposed_at = NULL, disposed_by = NULL, disposed_because = NULL,
        removed_at = NULL
    WHERE k.disposed_at IS NOT NULL
    RETURNING k.sha256, k.xmax <> 0 AS came_again
)
SELECT sha256 FROM noted WHERE came_again
