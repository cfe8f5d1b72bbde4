-- The sums of a mart for everything, laid aside first: several processes may add up then.
CREATE TEMPORARY TABLE staged ON COMMIT DROP AS
SELECT {keys}, {sums}, count(*) AS row_count
FROM ({select}) one
GROUP BY {keys}
