-- Which functions are there, and which of them only read (declared stable or immutable, with the caller's own rights)?
SELECT n.nspname AS schema, p.oid::regprocedure::text AS signature,
       p.provolatile IN ('s', 'i') AND NOT p.prosecdef AS only_reads
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prokind = 'f' AND n.nspname !~ '^(pg_|information_schema$)'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
ORDER BY n.nspname, signature;
