-- Note one workbook each as the next version of its recipient's answer. No row for a file that is a version of that
-- recipient already, unless a fault of ours kept it from being checked until now, or it had to be completed and passes
-- now (a rule was waived since) and nothing took its place meanwhile: then that version gets its result. `is_read_anew`:
-- it had one before.
INSERT INTO intake.submission (cycle_id, recipient_id, version, arrival_id, file_sha256, filename, sender, channel,
                               entered_for_reason, sent_at, received_at, outcome, checked_at, blank_means_no, kind,
                               is_nil, is_partial)
SELECT :cycle_id, f.recipient_id,
       coalesce((SELECT max(s.version) FROM intake.submission s WHERE s.recipient_id = f.recipient_id), 0) + 1,
       f.arrival_id, f.file_sha256, f.filename, f.sender, f.channel, f.entered_for_reason, f.sent_at, f.received_at,
       f.outcome, :checked_at, f.blank_means_no, f.kind, f.is_nil, f.is_partial
FROM jsonb_to_recordset(CAST(:files AS jsonb)) AS f (
    recipient_id bigint, arrival_id bigint, file_sha256 text, filename text, sender text, channel text,
    entered_for_reason text, sent_at timestamptz, received_at timestamptz, outcome text, blank_means_no boolean,
    kind text, is_nil boolean, is_partial boolean)
ON CONFLICT (recipient_id, file_sha256) DO UPDATE
SET outcome = excluded.outcome, checked_at = excluded.checked_at, blank_means_no = excluded.blank_means_no,
    kind = excluded.kind, is_nil = excluded.is_nil, is_partial = excluded.is_partial,
    revision = submission.revision + CASE submission.outcome WHEN 'system_fault' THEN 0 ELSE 1 END
WHERE submission.outcome = 'system_fault' AND excluded.outcome <> 'system_fault'
   OR submission.outcome IN ('to_complete', 'unreadable')
      AND excluded.outcome IN ('accepted', 'accepted_with_warnings')
      AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = submission.submission_id)
      AND NOT EXISTS (SELECT FROM intake.submission l
                      WHERE l.recipient_id = submission.recipient_id AND l.version > submission.version
                        AND l.kind <> 'draft')
RETURNING recipient_id, submission_id, version, revision > 1 AS is_read_anew
