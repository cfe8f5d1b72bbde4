-- Forget sums to which nobody adds any more.
DELETE FROM mart.{mart} WHERE cycle_id = :cycle_id AND row_count = 0
