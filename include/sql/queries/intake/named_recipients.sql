-- Which recipients do these look-up codes name? Only in cycles of this mode.
SELECT r.reference_code, r.cycle_id, r.short_name
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
WHERE r.reference_code = ANY(CAST(:reference_codes AS text[])) AND c.mode = :mode
