-- What do the numberings of all tables go on with, when each leaves out some numbers?
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + :by)
FROM pg_sequences
WHERE schemaname IN ('cycle', 'intake', 'core', 'mart', 'audit', 'registry')
