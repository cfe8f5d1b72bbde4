-- Is a backup being restored into this database, and does it have a schema yet?
SELECT (SELECT shobj_description(d.oid, 'pg_database') FROM pg_database d WHERE d.datname = current_database()) AS note,
       to_regclass('public.schema_version') IS NOT NULL AS has_schema
