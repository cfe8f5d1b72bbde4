-- How many offices reported each indicator in each year?
SELECT indicator, year, office_count FROM mart.indicator_total WHERE cycle_id = :cycle_id AND kind = 'mark'
