-- Which offices of a cycle (or of these look-up codes) answer by the secret mail?
SELECT r.reference_code
FROM intake.confidential_answer x
JOIN cycle.recipient r USING (recipient_id)
WHERE x.cycle_id = :cycle_id AND x.undone_at IS NULL
  AND (CAST(:reference_codes AS text[]) IS NULL OR r.reference_code = ANY(:reference_codes))
