-- The sums of a mart for a whole cycle.
INSERT INTO mart.{mart} ({keys}, {columns}, row_count)
SELECT {keys}, {sums}, count(*)
FROM ({select}) one
WHERE cycle_id = :cycle_id
GROUP BY {keys}
