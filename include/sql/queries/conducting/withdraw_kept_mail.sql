-- Withdraw what a rehearsal wrote into the ledger and did not hand to any server.
WITH withdrawn AS (
    UPDATE cycle.message SET state = 'withdrawn', claimed_by = NULL
    WHERE cycle_id = :cycle_id AND state = 'queued'
    RETURNING message_id
)
INSERT INTO cycle.message_event (message_id, state, occurred_at, detail)
SELECT message_id, 'withdrawn', :occurred_at, 'rehearsal' FROM withdrawn
