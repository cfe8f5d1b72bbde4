-- How many offices did the reminders of each step go to, and how many of them answered?
SELECT e.step, e.sent_count, e.answered_48h_count, e.answered_count
FROM mart.reminder_effect e
JOIN mart.reminder r ON r.cycle_id = e.cycle_id AND r.step = e.step
WHERE e.cycle_id = :cycle_id
GROUP BY e.step, e.sent_count, e.answered_48h_count, e.answered_count
ORDER BY min(r.sent_at), e.step
