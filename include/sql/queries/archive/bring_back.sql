-- Files that were disposed of came again.
UPDATE intake.archived_file
SET archived_at = clock_timestamp(), disposed_at = NULL, disposed_by = NULL, disposed_because = NULL, removed_at = NULL
WHERE sha256 = ANY (:hashes)
