-- Forget the rows of a mart for a whole cycle.
DELETE FROM mart.{mart} WHERE cycle_id = :cycle_id
