-- A delivery repeats or explains this submission: who sent it when, and what came of the file the first time?
SELECT s.submission_id, s.cycle_id, s.recipient_id, s.version, s.filename, s.outcome, s.received_at AS first_received_at,
       a.from_address AS sender, a.received_at, a.message_id_header AS arrival_message_id,
       r.organization_id, r.name, r.short_name, r.reference_code
FROM intake.submission s
JOIN cycle.recipient r USING (recipient_id)
JOIN intake.arrival a ON a.arrival_id = :arrival_id
WHERE s.submission_id = :submission_id
