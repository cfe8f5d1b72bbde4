-- Note a finding of a submission.
INSERT INTO intake.finding (submission_id, position, severity, stage, rule, sheet, cell, indicator, value_seen, message,
                            explanation, rule_waiver_id)
VALUES (:submission_id, :position, :severity, :stage, :rule, :sheet, :cell, :indicator, :value_seen, :message,
        :explanation, :rule_waiver_id)
