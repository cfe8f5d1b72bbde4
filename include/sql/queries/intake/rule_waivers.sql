-- Which waivers of rules were entered? (`on`: only those in force on that day; null: all, also those taken back)
SELECT w.rule_waiver_id, w.rule, w.form_code, w.organization_id, w.indicator, w.reason, w.allowed_by, w.entered_by,
       w.valid_from, w.valid_to, w.undone_at, w.undone_by
FROM intake.rule_waiver w
WHERE CAST(:on AS date) IS NULL OR (w.undone_at IS NULL AND :on BETWEEN w.valid_from AND w.valid_to)
ORDER BY w.rule_waiver_id DESC
