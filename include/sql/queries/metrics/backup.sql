-- How old is the state that the newest whole backup holds, how large are its dumps, and how many restores are there after
-- which mail may still be in doubt?
SELECT extract(epoch FROM now() - b.taken_at) AS backup_age_seconds, b.byte_count AS backup_dump_bytes,
       (SELECT count(*) FROM audit.open_restore) AS restores_open
FROM (VALUES (1)) AS x
LEFT JOIN (SELECT taken_at, byte_count FROM audit.backup ORDER BY taken_at DESC LIMIT 1) b ON true
