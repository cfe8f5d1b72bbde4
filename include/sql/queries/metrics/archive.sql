-- How many files does the archive keep, how many bytes are they?
SELECT count(*) AS archive_files, coalesce(sum(byte_count), 0) AS archive_bytes
FROM intake.archived_file
WHERE removed_at IS NULL
