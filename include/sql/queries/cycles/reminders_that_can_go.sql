-- Which reminders of this cycle are to be caught up now, by an office with a contact in use?
SELECT DISTINCT p.step
FROM cycle.reminder_to_catch_up(:cycle_id, :now) p
JOIN cycle.recipient r USING (recipient_id)
JOIN registry.contact_in_use k USING (organization_id)
