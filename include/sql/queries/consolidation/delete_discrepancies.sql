-- Forget the discrepancies of an earlier consolidation.
DELETE FROM mart.discrepancy WHERE cycle_id = :cycle_id
