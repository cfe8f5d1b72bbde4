-- What did each office's reminder bring?
SELECT cycle_id, recipient_id, step, true AS sent_count, is_answered_in_48h AS answered_48h_count,
       answered_at IS NOT NULL AS answered_count
FROM mart.reminder
