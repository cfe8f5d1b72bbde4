-- Give back what a deliverer reserved and did not begin to send (of one mode, if it is given).
UPDATE cycle.message m
SET claimed_by = NULL, claimed_at = NULL
WHERE m.state = 'queued' AND m.claimed_by = :deliverer
  AND (CAST(:mode AS text) IS NULL OR (SELECT c.mode FROM cycle.cycle c WHERE c.cycle_id = m.cycle_id) = :mode)
