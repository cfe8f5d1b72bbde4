-- What does each office add to the sums of an indicator and year of its list and region?
SELECT cycle_id, recipient_id, indicator, year, kind, group_code, region_scheme, region,
       true AS asked_count, state IS NOT NULL AS answered_count, state = 'yes' AS office_count, state = 'no' AS no_count,
       state = 'not_applicable' AS not_applicable_count, state = 'nil' AS nil_count, value IS NOT NULL AS value_count,
       value AS value_sum, previous_state = 'yes' AS previous_office_count, previous_value IS NOT NULL AS previous_value_count,
       previous_value AS previous_value_sum, state = 'yes' AND previous_state = 'no' AS gained_count,
       state = 'no' AND previous_state = 'yes' AS lost_count
FROM mart.indicator_value
