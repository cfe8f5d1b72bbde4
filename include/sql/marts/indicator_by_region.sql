-- What does each office add to the sums of an indicator and year of its list and region?
SELECT cycle_id, recipient_id, indicator, year, v.kind, group_code, region_scheme, region,
       true AS asked_count, state IS NOT NULL AS answered_count, state = 'yes' AS office_count, state = 'no' AS no_count,
       state = 'not_applicable' AS not_applicable_count, state = 'nil' AS nil_count, value IS NOT NULL AS value_count,
       CASE WHEN a.rule <> 'list' THEN value END AS value_sum, previous_state = 'yes' AS previous_office_count, previous_value IS NOT NULL AS previous_value_count,
       CASE WHEN a.rule <> 'list' THEN previous_value END AS previous_value_sum,
       CASE v.kind WHEN 'mark' THEN state IS NOT NULL AND previous_state IS NOT NULL
                   ELSE state IN ('value', 'nil') AND previous_state IN ('value', 'nil') END AS both_count,
       CASE WHEN v.kind = 'mark'
            THEN CASE WHEN state IS NOT NULL AND previous_state IS NOT NULL
                      THEN (state = 'yes')::integer - (previous_state = 'yes')::integer END
            WHEN a.rule <> 'list' AND state IN ('value', 'nil') AND previous_state IN ('value', 'nil')
            THEN coalesce(value, 0) - coalesce(previous_value, 0) END AS change_sum,
       state = 'yes' AND previous_state = 'no' AS gained_count,
       state = 'no' AND previous_state = 'yes' AS lost_count
FROM mart.indicator_value v
JOIN mart.asked_value a USING (cycle_id, indicator, year)
