-- Wait until nobody else refreshes this cycle, nor rebuilds everything; held until the end of the transaction.
SELECT pg_advisory_xact_lock_shared(hashtextextended('reporting.marts', 0)),
       pg_advisory_xact_lock(hashtextextended('reporting.refresh:' || :cycle_id, 0))
