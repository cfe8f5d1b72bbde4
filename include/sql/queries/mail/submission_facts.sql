-- Which submission is to be answered: whose, what came when, with which mail, and with what result?
SELECT s.submission_id, s.cycle_id, s.recipient_id, s.version, s.filename, s.sender, s.channel, s.received_at, s.outcome,
       a.message_id_header AS arrival_message_id,
       r.organization_id, r.name, r.short_name, r.reference_code
FROM intake.submission s
JOIN cycle.recipient r USING (recipient_id)
LEFT JOIN intake.arrival a USING (arrival_id)
WHERE s.submission_id = :submission_id
