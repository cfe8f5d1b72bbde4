-- Keep an answer in words; the same mail is kept once.
INSERT INTO intake.reply (cycle_id, recipient_id, arrival_id, body, received_at, entered_by)
VALUES (:cycle_id, :recipient_id, :arrival_id, :body, :received_at, :entered_by)
ON CONFLICT (arrival_id) DO NOTHING
RETURNING reply_id
