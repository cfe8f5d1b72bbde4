-- Note a workbook as the next version of a recipient's answer. No row when this very file is a version already, unless
-- a fault of ours kept it from being checked until now: then that version gets its result.
INSERT INTO intake.submission (cycle_id, recipient_id, version, arrival_id, file_sha256, filename, sender, channel,
                               entered_for_reason, sent_at, received_at, outcome, checked_at, blank_means_no)
SELECT :cycle_id, :recipient_id,
       coalesce((SELECT max(version) FROM intake.submission WHERE recipient_id = :recipient_id), 0) + 1,
       :arrival_id, :file_sha256, :filename, :sender, :channel, :entered_for_reason, :sent_at, :received_at,
       :outcome, :checked_at, :blank_means_no
ON CONFLICT (recipient_id, file_sha256) DO UPDATE
SET outcome = excluded.outcome, checked_at = excluded.checked_at, blank_means_no = excluded.blank_means_no
WHERE submission.outcome = 'system_fault' AND excluded.outcome <> 'system_fault'
RETURNING submission_id, version
