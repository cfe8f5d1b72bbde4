-- What is in this database: its own note, schemas of ours, and tables outside of those that PostgreSQL brings?
SELECT current_database() AS database,
       (SELECT shobj_description(d.oid, 'pg_database') FROM pg_database d WHERE d.datname = current_database()) AS note,
       ARRAY(SELECT n.nspname::text FROM pg_namespace n
             WHERE n.nspname <> 'information_schema' AND n.nspname <> 'public' AND n.nspname !~ '^pg_' ORDER BY 1) AS schemas,
       ARRAY(SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1) AS tables
