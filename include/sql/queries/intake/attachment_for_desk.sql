-- Which file is this of a delivery in the mode of the cycle, and whose is it?
SELECT t.filename, t.file_sha256, t.cycle_id, t.recipient_id
FROM intake.attachment t
JOIN intake.arrival a USING (arrival_id)
JOIN cycle.cycle c ON c.cycle_id = :cycle_id AND c.mode = a.mode
WHERE t.arrival_id = :arrival_id AND t.position = :position
