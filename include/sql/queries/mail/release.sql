-- Give back what a deliverer reserved and did not begin to send.
UPDATE cycle.message m
SET claimed_by = NULL, claimed_at = NULL
WHERE m.state = 'queued' AND m.claimed_by = :deliverer
