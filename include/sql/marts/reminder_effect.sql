-- What did each office's reminder bring?
SELECT cycle_id, recipient_id, step, 1 AS sent_count, is_answered_in_48h::integer AS answered_48h_count,
       (answered_at IS NOT NULL)::integer AS answered_count
FROM mart.reminder
