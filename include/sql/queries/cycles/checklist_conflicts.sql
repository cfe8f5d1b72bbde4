-- Of which offices of this cycle do files that contradict each other wait for a decision?
SELECT DISTINCT r.reference_code, r.short_name, r.position
FROM cycle.obligation_status o
JOIN cycle.recipient r USING (recipient_id)
WHERE o.cycle_id = :cycle_id AND o.is_in_conflict
ORDER BY r.position
