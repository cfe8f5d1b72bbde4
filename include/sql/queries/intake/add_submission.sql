-- Note a workbook as the next version of a recipient's answer; no row when this very file is a version already.
INSERT INTO intake.submission (cycle_id, recipient_id, version, arrival_id, file_sha256, filename, sender, channel,
                               entered_for_reason, sent_at, received_at, outcome, checked_at, blank_means_no)
SELECT :cycle_id, :recipient_id,
       coalesce((SELECT max(version) FROM intake.submission WHERE recipient_id = :recipient_id), 0) + 1,
       :arrival_id, :file_sha256, :filename, :sender, :channel, :entered_for_reason, :sent_at, :received_at,
       :outcome, :checked_at, :blank_means_no
ON CONFLICT (recipient_id, file_sha256) DO NOTHING
RETURNING submission_id, version
