-- Is every step of the plan done?
SELECT NOT EXISTS (SELECT FROM cycle.milestone WHERE cycle_id = :cycle_id AND done_at IS NULL)
