-- The indexes of a mart, and how to make each again; of a primary key, the constraint.
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition,
       k.conname AS constraint_name, pg_get_constraintdef(k.oid) AS constraint_definition
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid
WHERE i.indrelid = CAST(:mart AS regclass)
ORDER BY i.indisprimary DESC, c.relname
