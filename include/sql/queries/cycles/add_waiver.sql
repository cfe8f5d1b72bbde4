-- Let an office off an obligation.
INSERT INTO cycle.waiver (obligation_id, asked_how, asked_by, reason, agreed_by, agreed_on, granted_at)
VALUES (:obligation_id, :asked_how, :asked_by, :reason, :agreed_by, :agreed_on, :granted_at)
RETURNING waiver_id
