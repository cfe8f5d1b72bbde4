-- That nothing occurred was entered wrongly for this office: take it back.
UPDATE intake.nil_return n
SET undone_at = :at, undone_by = :by, undone_because = :reason
FROM cycle.obligation o
WHERE o.obligation_id = n.obligation_id AND o.recipient_id = :recipient_id AND n.undone_at IS NULL
RETURNING n.nil_return_id, n.obligation_id
