-- A mail came back; no row if that was known, or it never left.
UPDATE cycle.message
SET state = 'bounced', claimed_by = NULL
WHERE message_id = :message_id AND attempt_count > 0 AND state IN ('queued', 'sending', 'sent', 'ambiguous')
RETURNING message_id
