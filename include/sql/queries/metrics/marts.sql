-- How long ago did the oldest change happen that the analysts' tables do not show yet? Rows are added in their order.
SELECT coalesce((SELECT extract(epoch FROM now() - c.noted_at)
                 FROM mart.change c
                 ORDER BY c.change_id
                 LIMIT 1), 0) AS oldest_mart_change_seconds
