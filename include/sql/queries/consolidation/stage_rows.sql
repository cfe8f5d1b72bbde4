-- The rows of a mart for everything, laid aside first: several processes may look them up then.
CREATE TEMPORARY TABLE staged ON COMMIT DROP AS
SELECT filled.* FROM ({select}) filled
