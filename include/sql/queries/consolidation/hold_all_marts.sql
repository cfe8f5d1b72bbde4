-- Does nobody refresh anything? Then nobody does until the end of the transaction; who does is not waited for.
SELECT pg_try_advisory_xact_lock(hashtextextended('reporting.marts', 0))
