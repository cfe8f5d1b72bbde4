-- Which offices that the cycle asks have an instrument of this subject, their own or their committee's, at one of these
-- stages on a day? In the order in which the source names them, then in that of the list.
SELECT r.short_name
FROM cycle.recipient r
JOIN registry.organization o USING (organization_id)
JOIN registry.local_instrument i ON i.organization_id IN (r.organization_id, o.parent_id)
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
  AND i.subject = :subject AND i.stage = ANY(CAST(:stages AS text[]))
  AND i.valid_from <= :on_day AND (i.valid_to IS NULL OR i.valid_to > :on_day)
GROUP BY r.recipient_id
ORDER BY min(i.position), r.position
