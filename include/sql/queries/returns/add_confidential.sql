-- An office answers by the secret mail. Entered again, only the day of receipt is added.
INSERT INTO intake.confidential_answer (cycle_id, recipient_id, reason, received_on, entered_by, entered_at)
VALUES (:cycle_id, :recipient_id, :reason, :received_on, :by, :at)
ON CONFLICT (recipient_id) WHERE undone_at IS NULL
DO UPDATE SET received_on = excluded.received_on
WHERE confidential_answer.received_on IS DISTINCT FROM excluded.received_on AND excluded.received_on IS NOT NULL
RETURNING confidential_answer_id
