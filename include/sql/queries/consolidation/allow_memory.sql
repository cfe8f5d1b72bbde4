-- Let tables be joined and indexes be sorted in memory, and look at fewer rows for statistics (as many as tell keys, states
-- and regions apart), in this transaction alone.
SELECT set_config('work_mem', '256MB', true), set_config('maintenance_work_mem', '256MB', true),
       set_config('default_statistics_target', '30', true)
