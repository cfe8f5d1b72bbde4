-- Hold a delivery that waits for a person's decision, with what is needed to handle it.
SELECT a.arrival_id, a.channel, a.mode, a.raw_sha256, a.filename, a.from_address, a.sent_at, a.received_at, a.outcome, a.note,
       EXISTS (SELECT FROM audit.event s
               WHERE s.kind IN ('arrival_settled', 'arrival_ignored')
                 AND s.detail ->> 'arrival_id' = a.arrival_id::text) AS is_settled
FROM intake.arrival a
WHERE a.arrival_id = :arrival_id
FOR UPDATE
