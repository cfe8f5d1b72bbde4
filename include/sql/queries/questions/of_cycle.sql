-- What is asked of whom in this question cycle?
SELECT r.recipient_id, r.organization_id, r.position AS office_position, r.name, r.short_name, r.reference_code,
       q.position, q.wording, q.label, q.value_seen, q.sheet, q.cell
FROM cycle.recipient r
JOIN cycle.question q USING (recipient_id)
WHERE r.cycle_id = :cycle_id AND (CAST(:recipient_id AS bigint) IS NULL OR r.recipient_id = :recipient_id)
ORDER BY r.position, q.position
