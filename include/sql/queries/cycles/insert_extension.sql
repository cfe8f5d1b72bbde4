-- Grant an obligation a later deadline.
INSERT INTO cycle.extension (obligation_id, due_at, asked_how, reason, agreed_by, granted_at)
VALUES (:obligation_id, :due_at, :asked_how, :reason, :agreed_by, :granted_at)
