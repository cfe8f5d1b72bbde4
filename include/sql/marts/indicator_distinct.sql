-- Which marks does each office have in any year of the cycle?
SELECT cycle_id, recipient_id, indicator, bool_or(is_marked) AS office_count
FROM mart.indicator_value
WHERE kind = 'mark'
GROUP BY cycle_id, recipient_id, indicator
