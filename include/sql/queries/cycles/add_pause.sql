-- Let reminders to an office rest; no row when the same pause stands already.
INSERT INTO cycle.pause (cycle_id, recipient_id, kind, from_at, until_at, reason, entered_by)
SELECT :cycle_id, :recipient_id, :kind, :from_at, :until_at, :reason, :by
WHERE NOT EXISTS (
    SELECT FROM cycle.pause p
    WHERE p.recipient_id = :recipient_id AND p.kind = :kind AND p.until_at = :until_at AND p.reason = :reason
      AND p.ended_at IS NULL AND p.until_at > :from_at)
RETURNING pause_id
