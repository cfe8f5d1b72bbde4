-- What is due now in this cycle and not done?
SELECT 'step ' || step FROM cycle.milestone
WHERE cycle_id = :cycle_id AND done_at IS NULL AND due_at <= :now
UNION ALL
SELECT DISTINCT 'reminder ' || p.step
FROM cycle.reminder_due(:cycle_id, :now) p
JOIN cycle.recipient r USING (recipient_id)
JOIN registry.contact_in_use k USING (organization_id)
JOIN cycle.milestone s ON s.cycle_id = :cycle_id AND s.step = p.step AND s.done_at IS NOT NULL
WHERE p.due_at > s.done_at
   OR EXISTS (SELECT FROM cycle.pause z
              WHERE z.recipient_id = p.recipient_id AND z.from_at <= s.done_at
                AND least(z.until_at, coalesce(z.ended_at, z.until_at)) > p.due_at)
UNION ALL
SELECT 'message ' || message_id || ' ' || state FROM cycle.message
WHERE cycle_id = :cycle_id AND state IN ('queued', 'sending')
UNION ALL
SELECT 'arrival ' || a.arrival_id FROM intake.arrival a
JOIN cycle.cycle c ON c.cycle_id = :cycle_id AND c.mode = a.mode
WHERE a.handled_at IS NULL
