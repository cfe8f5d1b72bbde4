-- Grant an obligation a later deadline.
INSERT INTO cycle.extension (obligation_id, due_at, asked_how, asked_by, reason, agreed_by, agreed_on, granted_at)
VALUES (:obligation_id, :due_at, :asked_how, :asked_by, :reason, :agreed_by, :agreed_on, :granted_at)
RETURNING extension_id
