-- Who is named in the registered urging (or escalation) letter, is still late with something listed there, is not left in
-- peace now, and has no copy of the letter yet; through which contact? No contact: null. A copy that the server refused is
-- not tried again through the same contact (cycle.is_refused). `sequence` numbers the tries.
SELECT r.recipient_id, r.organization_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email, o.obligation_id,
       a.new_last_day,
       1 + coalesce((
           SELECT max(m.sequence) FROM cycle.message m
           WHERE m.recipient_id = r.recipient_id AND m.contact_id = k.contact_id AND m.step = :step), 0) AS sequence
FROM cycle.document d
JOIN cycle.document_registration g USING (document_id)
JOIN cycle.document_addressee a ON a.document_id = d.document_id AND a.version = g.version
JOIN cycle.obligation_status o USING (recipient_id, deliverable)
JOIN cycle.recipient r USING (recipient_id)
LEFT JOIN registry.contact_in_use k ON k.organization_id = r.organization_id
WHERE d.cycle_id = :cycle_id AND d.kind = :kind AND o.is_outstanding AND (o.due_at <= :now OR o.due_at IS NULL)
  AND NOT cycle.is_paused(r.recipient_id, :now)
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.step = :step
        AND (m.state IN ('queued', 'sending', 'sent', 'ambiguous') OR cycle.why_withdrawn(m) = 'rehearsal'))
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.contact_id = k.contact_id AND m.step = :step
        AND cycle.is_refused(m))
ORDER BY r.position, k.contact_id, o.obligation_id
