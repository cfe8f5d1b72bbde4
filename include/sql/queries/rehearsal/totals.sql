-- How many offices have each indicator, per year (year 0: over all years)?
SELECT indicator, year, office_count FROM mart.indicator_total WHERE cycle_id = :cycle_id AND kind = 'mark'
UNION ALL
SELECT indicator, 0, office_count FROM mart.indicator_distinct WHERE cycle_id = :cycle_id
ORDER BY indicator, year
