-- Settle a send of unknown outcome: queued again, or left in doubt.
UPDATE cycle.message
SET state = :state, claimed_by = NULL
WHERE message_id = :message_id AND state IN ('sending', 'ambiguous')
