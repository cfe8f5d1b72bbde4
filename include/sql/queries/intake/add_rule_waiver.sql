-- Let an office, or every office, off a rule for a time. (no row: there is no such office; a waiver that stands already in
-- the same words is given back, not entered twice)
WITH standing AS (
    SELECT w.rule_waiver_id
    FROM intake.rule_waiver w
    WHERE w.undone_at IS NULL AND w.rule = :rule AND w.form_code IS NOT DISTINCT FROM :form_code
      AND w.organization_id IS NOT DISTINCT FROM :organization_id AND w.indicator IS NOT DISTINCT FROM :indicator
      AND w.reason = :reason AND w.allowed_by = :allowed_by AND w.valid_from = :valid_from AND w.valid_to = :valid_to
    LIMIT 1
), added AS (
    INSERT INTO intake.rule_waiver (rule, form_code, organization_id, indicator, reason, allowed_by, entered_by,
                                    valid_from, valid_to)
    SELECT :rule, :form_code, :organization_id, :indicator, :reason, :allowed_by, :entered_by, :valid_from, :valid_to
    WHERE NOT EXISTS (SELECT FROM standing)
      AND (:organization_id IS NULL
           OR EXISTS (SELECT FROM registry.organization o WHERE o.organization_id = :organization_id))
    RETURNING rule_waiver_id
)
SELECT rule_waiver_id FROM standing UNION ALL SELECT rule_waiver_id FROM added
