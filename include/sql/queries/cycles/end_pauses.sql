-- End the pauses of these recipients that last (of one kind, or of any).
UPDATE cycle.pause SET ended_at = :at
WHERE recipient_id = ANY(:recipient_ids) AND ended_at IS NULL AND until_at > :at
  AND (CAST(:kind AS text) IS NULL OR kind = :kind)
RETURNING pause_id, recipient_id
