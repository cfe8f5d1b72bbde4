-- An officer confirms what these offices wrote in the versions that count, of those in which the version that was read counts
-- (null: whichever does). No row for one that is confirmed already.
INSERT INTO core.contribution_confirmation
    (cycle_id, recipient_id, submission_id, revision, how, confirmed_by, confirmed_at)
SELECT k.cycle_id, k.recipient_id, k.submission_id, s.revision, :how, :by, :at
FROM core.contribution k
JOIN intake.submission s USING (submission_id)
WHERE k.recipient_id = ANY (:recipient_ids)
  AND k.version = coalesce(CAST(:version AS integer), k.version)
ON CONFLICT (submission_id, revision) WHERE undone_at IS NULL DO NOTHING
RETURNING recipient_id, submission_id
