-- Take back a waiver of a rule that stands.
UPDATE intake.rule_waiver SET undone_at = clock_timestamp(), undone_by = :by
WHERE rule_waiver_id = :rule_waiver_id AND undone_at IS NULL
