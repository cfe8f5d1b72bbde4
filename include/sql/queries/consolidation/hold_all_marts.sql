-- Wait until nobody refreshes anything; held until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('reporting.marts', 0))
