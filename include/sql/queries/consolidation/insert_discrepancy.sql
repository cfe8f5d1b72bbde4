-- Note where a stated figure differs from the computed one.
INSERT INTO mart.discrepancy (cycle_id, measure, indicator, year, stated, computed, source, offices)
VALUES (:cycle_id, :measure, :indicator, :year, :stated, :computed, :source, :offices)
