-- Let statements of this transaction wait half as long as others wait before the server looks for deadlocks.
SELECT set_config('statement_timeout', greatest(setting::integer / 2, 1)::text, true)
FROM pg_settings
WHERE name = 'deadlock_timeout'
