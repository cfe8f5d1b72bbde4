-- What is known of a delivery: what the channel said of it, what came with it, what became of it, what was answered, who
-- decided what?
SELECT a.arrival_id, a.channel, a.mode, a.filename, a.from_address, a.subject, a.sent_at, a.received_at, a.handled_at,
       a.message_id_header, a.in_reply_to, a.named_code, a.raw_sha256, a.envelope, a.outcome, a.note,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                     'position', t.position, 'filename', t.filename, 'role', t.role, 'media_type', t.media_type,
                     'inside', t.inside, 'problem', t.problem, 'sha256', t.file_sha256, 'bytes', f.byte_count,
                     'has_prose', t.prose <> '', 'cycle_id', t.cycle_id, 'reference_code', r.reference_code)
                     ORDER BY t.position)
                 FROM intake.attachment t
                 JOIN intake.archived_file f ON f.sha256 = t.file_sha256
                 LEFT JOIN cycle.recipient r ON r.recipient_id = t.recipient_id
                 WHERE t.arrival_id = a.arrival_id), '[]') AS attachments,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                     'submission_id', s.submission_id, 'cycle_id', s.cycle_id, 'reference_code', r.reference_code,
                     'office', r.short_name, 'version', s.version, 'outcome', s.outcome, 'filename', s.filename,
                     'findings', coalesce((SELECT jsonb_agg(n.message ORDER BY n.position)
                                           FROM intake.finding n WHERE n.submission_id = s.submission_id), '[]'))
                     ORDER BY s.submission_id)
                 FROM intake.submission s
                 JOIN cycle.recipient r USING (recipient_id)
                 WHERE s.arrival_id = a.arrival_id), '[]') AS submissions,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                     'message_id', m.message_id, 'dated_at', m.dated_at, 'to', m.to_address, 'subject', m.subject,
                     'step', m.step, 'state', m.state)
                     ORDER BY m.message_id)
                 FROM cycle.message m
                 WHERE m.in_reply_to = a.message_id_header
                   AND m.step ~ '^(receipt|completion_request|repeat|explained|system_fault(__[0-9]+)?)$'), '[]') AS answers,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                     'registered_number', d.registered_number, 'document_number', d.document_number,
                     'signed_on', d.signed_on, 'office', r.short_name, 'position', d.attachment_position)
                     ORDER BY d.incoming_document_id)
                 FROM intake.incoming_document d
                 JOIN cycle.recipient r USING (recipient_id)
                 WHERE d.arrival_id = a.arrival_id), '[]') AS documents,
       coalesce((SELECT jsonb_agg(jsonb_build_object(
                     'at', e.occurred_at, 'by', e.actor, 'kind', e.kind, 'reason', e.detail ->> 'reason',
                     'reference_code', e.detail ->> 'reference_code', 'learnt', e.detail ->> 'learnt')
                     ORDER BY e.event_id)
                 FROM audit.event e
                 WHERE e.kind IN ('arrival_settled', 'arrival_settled_in_part', 'arrival_ignored')
                   AND e.detail ->> 'arrival_id' = a.arrival_id::text), '[]') AS decisions
FROM intake.arrival a
WHERE a.arrival_id = :arrival_id
