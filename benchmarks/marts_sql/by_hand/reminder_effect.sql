-- What reminders brought.
SELECT cycle_id, step, count(*)::integer AS sent_count, (count(*) FILTER (WHERE is_answered_in_48h))::integer AS answered_48h_count,
       count(answered_at)::integer AS answered_count, count(*)::integer AS row_count
FROM mart.reminder
GROUP BY cycle_id, step
