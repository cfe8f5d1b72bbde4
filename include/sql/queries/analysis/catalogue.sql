-- Which schemas, tables, views and columns are there, with their types, keys and comments?
SELECT n.nspname AS schema, obj_description(n.oid, 'pg_namespace') AS schema_comment,
       c.relname AS name, c.relkind IN ('v', 'm') AS is_view, obj_description(c.oid, 'pg_class') AS comment,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM pg_index i
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
        WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
       (SELECT array_agg(DISTINCT t.oid::regclass::text)
        FROM pg_constraint f
        JOIN pg_class t ON t.oid = f.confrelid
        WHERE f.conrelid = c.oid AND f.contype = 'f') AS refers_to,
       (SELECT jsonb_agg(jsonb_build_object(
                   'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                   'is_nullable', NOT a.attnotnull, 'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum)
        FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname IN ('registry', 'cycle', 'intake', 'core', 'mart', 'audit')
ORDER BY array_position(ARRAY['mart', 'core', 'cycle', 'registry', 'intake', 'audit'], n.nspname::text), c.relname;
