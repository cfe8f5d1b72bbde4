-- All files of the archive that are to be there, with what they are.
SELECT sha256, byte_count, media_type FROM intake.archived_file WHERE disposed_at IS NULL ORDER BY sha256
