-- May this version be tried again now by us alone? Its row is held until the try is noted.
SELECT s.submission_id, s.cycle_id, s.recipient_id, s.version, s.arrival_id, s.file_sha256, s.filename, s.sender,
       s.channel, s.sent_at, s.received_at, f.media_type, r.reference_code, r.short_name, t.tries
FROM intake.submission s
JOIN intake.fault_to_check t USING (submission_id)
JOIN intake.archived_file f ON f.sha256 = s.file_sha256
JOIN cycle.recipient r ON r.recipient_id = s.recipient_id
WHERE s.submission_id = :submission_id AND t.next_try_at <= clock_timestamp()
FOR UPDATE OF s SKIP LOCKED
