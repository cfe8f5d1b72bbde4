-- Move a message that a deliverer is sending on, in the name of that deliverer; no row if it is no longer his.
UPDATE cycle.message
SET state = :state, claimed_by = NULL
WHERE message_id = :message_id AND state = 'sending' AND claimed_by = :deliverer
RETURNING message_id
