-- Move a message on from 'sending' in the name of the deliverer that claimed it; no row if it is no longer his.
UPDATE cycle.message
SET state = :state, claimed_by = NULL
WHERE message_id = :message_id AND state = 'sending' AND claimed_by = :deliverer
RETURNING message_id
