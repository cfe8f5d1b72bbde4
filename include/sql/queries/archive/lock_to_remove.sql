-- Hold the row of a file while its bytes are removed, if it is still disposed of.
SELECT sha256 FROM intake.archived_file
WHERE sha256 = :sha256 AND disposed_at IS NOT NULL AND removed_at IS NULL
FOR UPDATE
