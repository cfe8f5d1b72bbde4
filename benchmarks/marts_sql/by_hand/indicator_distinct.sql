-- Distinct offices per mark.
SELECT cycle_id, indicator, (count(DISTINCT recipient_id) FILTER (WHERE is_marked))::integer AS office_count,
       count(DISTINCT recipient_id)::integer AS row_count
FROM mart.indicator_value
WHERE kind = 'mark'
GROUP BY cycle_id, indicator
