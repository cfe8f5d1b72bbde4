-- The rows of a mart for everything.
INSERT INTO mart.{mart}
SELECT filled.* FROM ({select}) filled
