-- Which offices of these lists have no copy of this report (its place among those of the cycle: sequence) yet, or one that
-- came back from another contact, and through which contact are they reached? No contact: null.
SELECT r.recipient_id, r.organization_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email
FROM cycle.recipient r
LEFT JOIN registry.contact_in_use k ON k.organization_id = r.organization_id
WHERE r.cycle_id = :cycle_id AND r.group_code = ANY(:groups)
  AND NOT EXISTS (SELECT FROM cycle.message m
                  WHERE m.recipient_id = r.recipient_id AND m.step = :step AND m.sequence = :sequence
                    AND (m.contact_id = k.contact_id OR m.state NOT IN ('failed', 'bounced', 'withdrawn')))
ORDER BY r.position, k.contact_id
