-- A mail in doubt is not sent again.
UPDATE cycle.message SET state = :state, claimed_by = NULL WHERE message_id = :message_id AND state = 'queued'
