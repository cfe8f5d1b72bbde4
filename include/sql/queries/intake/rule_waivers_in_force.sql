-- Which waivers of rules are in force on a day for the form and the offices of a cycle?
-- (reference_code null: for every office)
SELECT w.rule_waiver_id, w.rule, r.reference_code, w.indicator
FROM intake.rule_waiver w
JOIN cycle.cycle c ON c.cycle_id = :cycle_id AND (w.form_code IS NULL OR w.form_code = c.form_code)
LEFT JOIN cycle.recipient r ON r.cycle_id = c.cycle_id AND r.organization_id = w.organization_id
WHERE w.undone_at IS NULL AND :on BETWEEN w.valid_from AND w.valid_to
  AND (w.organization_id IS NULL OR r.reference_code IS NOT NULL)
ORDER BY w.rule_waiver_id
