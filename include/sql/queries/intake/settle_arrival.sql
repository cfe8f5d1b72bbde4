-- Note what became of a delivery.
UPDATE intake.arrival
SET handled_at = :handled_at, outcome = :outcome, note = :note
WHERE arrival_id = :arrival_id
