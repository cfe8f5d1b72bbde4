-- Keep these files from being disposed of until this transaction ends. Which of them are disposed of already?
SELECT sha256, disposed_at IS NOT NULL AS is_disposed
FROM intake.archived_file
WHERE sha256 = ANY (:hashes)
ORDER BY sha256
FOR KEY SHARE
