-- Does this session still hold the locks of a backup?
SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
