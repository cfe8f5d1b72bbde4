-- What does each office add to the sums of an indicator and year?
SELECT cycle_id, recipient_id, indicator, year, kind,
       1 AS asked_count, (state IS NOT NULL)::integer AS answered_count,
       coalesce(state = 'yes', false)::integer AS office_count, coalesce(state = 'no', false)::integer AS no_count,
       coalesce(state = 'not_applicable', false)::integer AS not_applicable_count,
       coalesce(state = 'nil', false)::integer AS nil_count, (value IS NOT NULL)::integer AS value_count,
       coalesce(value, 0) AS value_sum,
       coalesce(previous_state = 'yes', false)::integer AS previous_office_count,
       (previous_value IS NOT NULL)::integer AS previous_value_count, coalesce(previous_value, 0) AS previous_value_sum,
       coalesce(state = 'yes' AND previous_state = 'no', false)::integer AS gained_count,
       coalesce(state = 'no' AND previous_state = 'yes', false)::integer AS lost_count
FROM mart.indicator_value
