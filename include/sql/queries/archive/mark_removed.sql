-- The bytes of a file that was disposed of are removed.
UPDATE intake.archived_file SET removed_at = clock_timestamp() WHERE sha256 = :sha256
