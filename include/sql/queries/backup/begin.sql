-- The state to be backed up, for pg_dump too: its moment, and what it is called on the server.
SELECT clock_timestamp() AS taken_at, pg_export_snapshot() AS snapshot,
       current_setting('server_version_num')::integer / 10000 AS server_version
