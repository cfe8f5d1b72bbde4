-- The sums of a mart for everything.
INSERT INTO mart.{mart} ({keys}, {columns}, row_count)
SELECT {keys}, {sums}, count(*)
FROM ({select}) one
GROUP BY {keys}
