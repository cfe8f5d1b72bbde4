-- Only one process opens this cycle at a time; released with the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('reporting.open:' || :cycle_id, 0))
