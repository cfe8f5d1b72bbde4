-- Which outstanding obligations are due to be reminded at this step and were not yet, and through which contact?
-- (cycle.reminder_due says what counts as reminded) `sequence` numbers the mails of one contact at one step.
SELECT o.obligation_id, r.recipient_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email,
       1 + coalesce((
           SELECT max(m.sequence) FROM cycle.message m
           WHERE m.recipient_id = r.recipient_id AND m.contact_id = k.contact_id AND m.step = :step), 0) AS sequence
FROM cycle.reminder_due(:cycle_id, :now) o
JOIN cycle.recipient r USING (recipient_id)
LEFT JOIN registry.contact_in_use k ON k.organization_id = r.organization_id
WHERE r.role = 'owes' AND o.step = :step
ORDER BY r.position, k.contact_id, o.obligation_id
