-- The rows of a mart for a whole cycle.
INSERT INTO mart.{mart}
SELECT filled.* FROM ({select}) filled WHERE filled.cycle_id = :cycle_id
