-- Which version of its recipient's answer is each of these files?
SELECT s.recipient_id, s.submission_id, s.version, s.outcome
FROM intake.submission s
JOIN unnest(CAST(:recipient_ids AS bigint[]), CAST(:file_sha256s AS text[])) AS f (recipient_id, file_sha256)
  USING (recipient_id, file_sha256)
