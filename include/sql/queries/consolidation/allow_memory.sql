-- Let indexes of many rows be sorted in memory, in this transaction alone.
SELECT set_config('maintenance_work_mem', '256MB', true)
