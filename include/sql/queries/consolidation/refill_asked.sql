-- The rows of a mart that has them per cycle.
INSERT INTO mart.{mart}
SELECT filled.* FROM ({select}) filled WHERE filled.cycle_id = :cycle_id
