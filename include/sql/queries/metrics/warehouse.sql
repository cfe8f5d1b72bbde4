-- How large is the warehouse on its disk, and how many of its connections are taken?
SELECT pg_database_size(current_database()) AS warehouse_bytes,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS warehouse_connections
