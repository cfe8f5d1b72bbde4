-- All files whose bytes are to be there.
SELECT sha256, byte_count FROM intake.archived_file WHERE disposed_at IS NULL ORDER BY sha256
