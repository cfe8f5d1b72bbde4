-- How many distinct offices reported each indicator in any year?
SELECT indicator, office_count FROM mart.indicator_distinct WHERE cycle_id = :cycle_id ORDER BY indicator
