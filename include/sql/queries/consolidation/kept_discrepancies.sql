-- Which discrepancies did the last consolidation of a cycle find?
SELECT measure, indicator, year, stated, computed, source, offices FROM mart.discrepancy WHERE cycle_id = :cycle_id
