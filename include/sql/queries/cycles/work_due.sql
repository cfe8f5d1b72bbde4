-- What is due now in this cycle and not done, apart from reminders to catch up? Not what waits for office hours, where
-- `is_closed`.
SELECT 'step ' || step FROM cycle.milestone
WHERE cycle_id = :cycle_id AND done_at IS NULL AND due_at <= :now
UNION ALL
SELECT 'message ' || message_id || ' ' || state FROM cycle.message
WHERE cycle_id = :cycle_id AND state IN ('queued', 'sending')
  AND NOT (:is_closed AND state = 'queued' AND cycle.waits_for_office_hours(step))
UNION ALL
SELECT 'arrival ' || a.arrival_id FROM intake.arrival a
JOIN cycle.cycle c ON c.cycle_id = :cycle_id AND c.mode = a.mode
WHERE a.handled_at IS NULL
