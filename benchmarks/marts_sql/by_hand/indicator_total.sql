-- The sums by cycle_id, indicator, year, kind.
SELECT cycle_id, indicator, year, kind,
       count(*)::integer AS asked_count, count(state)::integer AS answered_count,
       (count(*) FILTER (WHERE state = 'yes'))::integer AS office_count, (count(*) FILTER (WHERE state = 'no'))::integer AS no_count,
       (count(*) FILTER (WHERE state = 'not_applicable'))::integer AS not_applicable_count,
       (count(*) FILTER (WHERE state = 'nil'))::integer AS nil_count, count(value)::integer AS value_count,
       trim_scale(coalesce(sum(value), 0)) AS value_sum,
       (count(*) FILTER (WHERE previous_state = 'yes'))::integer AS previous_office_count,
       count(previous_value)::integer AS previous_value_count, trim_scale(coalesce(sum(previous_value), 0)) AS previous_value_sum,
       (count(*) FILTER (WHERE state = 'yes' AND previous_state = 'no'))::integer AS gained_count,
       (count(*) FILTER (WHERE state = 'no' AND previous_state = 'yes'))::integer AS lost_count, count(*)::integer AS row_count
FROM mart.indicator_value
GROUP BY cycle_id, indicator, year, kind
