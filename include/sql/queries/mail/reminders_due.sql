-- Which outstanding obligations are due to be reminded at this step and were not yet, and through which contact?
-- A reminder counts for an obligation when it was written after the obligation's own moment: one whose deadline was
-- put off is reminded again, on its new day. One withdrawn because its contact left does not count. `sequence` numbers the mails of one contact at one step.
SELECT o.obligation_id, r.recipient_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email,
       1 + coalesce((
           SELECT max(m.sequence) FROM cycle.message m
           WHERE m.recipient_id = r.recipient_id AND m.contact_id = k.contact_id AND m.step = :step), 0) AS sequence
FROM cycle.obligation_status o
JOIN cycle.reminder_plan p USING (obligation_id)
JOIN cycle.recipient r USING (recipient_id)
LEFT JOIN registry.contact k
       ON k.organization_id = r.organization_id AND k.role = 'to' AND k.state = 'active'
WHERE o.cycle_id = :cycle_id AND r.role = 'owes' AND o.is_outstanding AND p.step = :step AND p.due_at <= :now
  AND NOT EXISTS (
      SELECT FROM cycle.milestone s WHERE s.cycle_id = o.cycle_id AND s.step = 'close' AND s.done_at IS NOT NULL)
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      JOIN registry.contact used USING (contact_id)
      WHERE m.recipient_id = r.recipient_id AND m.step = :step AND m.dated_at >= p.due_at
        AND (m.state <> 'withdrawn' OR used.state = 'active'))
ORDER BY r.position, k.contact_id, o.obligation_id
