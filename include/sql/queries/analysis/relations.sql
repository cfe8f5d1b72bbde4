-- Which tables and views are there, with which columns, in order?
SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^(pg_|information_schema$)'
GROUP BY n.nspname, c.relname, c.relkind
ORDER BY n.nspname, c.relname;
