-- How many offices have each indicator, per year and over all years of the cycle?
DELETE FROM mart.indicator_total WHERE cycle_id = :cycle_id;
INSERT INTO mart.indicator_total (cycle_id, indicator, year, office_count)
SELECT cycle_id, indicator, year, count(*) FILTER (WHERE is_marked)
FROM mart.tracking
WHERE cycle_id = :cycle_id
GROUP BY cycle_id, indicator, year;
DELETE FROM mart.indicator_distinct WHERE cycle_id = :cycle_id;
INSERT INTO mart.indicator_distinct (cycle_id, indicator, office_count)
SELECT cycle_id, indicator, count(DISTINCT organization_id) FILTER (WHERE is_marked)
FROM mart.tracking
WHERE cycle_id = :cycle_id
GROUP BY cycle_id, indicator;
