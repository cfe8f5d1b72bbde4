-- Note that these files are disposed of; their bytes are removed afterwards.
UPDATE intake.archived_file
SET disposed_at = clock_timestamp(), disposed_by = :by, disposed_because = :reason
WHERE sha256 = ANY (:hashes) AND disposed_at IS NULL
RETURNING sha256
