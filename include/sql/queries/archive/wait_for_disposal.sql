-- Wait until no file is being disposed of; none is until this transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('reporting.disposal', 0))
