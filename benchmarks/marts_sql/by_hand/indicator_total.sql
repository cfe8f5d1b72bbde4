-- The sums by cycle_id, indicator, year, kind.
SELECT cycle_id, indicator, year, kind,
       count(*)::integer AS asked_count, count(state)::integer AS answered_count,
       (count(*) FILTER (WHERE state = 'yes'))::integer AS office_count, (count(*) FILTER (WHERE state = 'no'))::integer AS no_count,
       (count(*) FILTER (WHERE state = 'not_applicable'))::integer AS not_applicable_count,
       (count(*) FILTER (WHERE state = 'nil'))::integer AS nil_count, count(value)::integer AS value_count,
       trim_scale(coalesce(sum(value) FILTER (WHERE rule <> 'list'), 0)) AS value_sum,
       (count(*) FILTER (WHERE previous_state = 'yes'))::integer AS previous_office_count,
       count(previous_value)::integer AS previous_value_count, trim_scale(coalesce(sum(previous_value) FILTER (WHERE rule <> 'list'), 0)) AS previous_value_sum,
       (count(*) FILTER (WHERE has_both))::integer AS both_count,
       trim_scale(coalesce(sum(counted - previous_counted) FILTER (WHERE has_both), 0)) AS change_sum,
       (count(*) FILTER (WHERE state = 'yes' AND previous_state = 'no'))::integer AS gained_count,
       (count(*) FILTER (WHERE state = 'no' AND previous_state = 'yes'))::integer AS lost_count, count(*)::integer AS row_count
FROM (
    SELECT v.*, a.rule,
           CASE WHEN v.kind = 'mark' THEN (v.state = 'yes')::integer WHEN a.rule <> 'list' THEN coalesce(v.value, 0) END AS counted,
           CASE WHEN v.kind = 'mark' THEN (v.previous_state = 'yes')::integer
                WHEN a.rule <> 'list' THEN coalesce(v.previous_value, 0) END AS previous_counted,
           CASE WHEN v.kind = 'mark' THEN v.state IS NOT NULL AND v.previous_state IS NOT NULL
                ELSE v.state IN ('value', 'nil') AND v.previous_state IN ('value', 'nil') END AS has_both
    FROM mart.indicator_value v
    JOIN mart.asked_value a USING (cycle_id, indicator, year)
) v
GROUP BY cycle_id, indicator, year, kind
