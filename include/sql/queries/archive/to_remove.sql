-- Which files are disposed of, but their bytes not removed yet?
SELECT sha256 FROM intake.archived_file WHERE disposed_at IS NOT NULL AND removed_at IS NULL ORDER BY sha256
