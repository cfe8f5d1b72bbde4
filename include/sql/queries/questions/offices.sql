-- Who owes a report in this cycle, and under which list is it addressed?
SELECT recipient_id, organization_id, group_code, name, short_name, reference_code, position
FROM cycle.recipient
WHERE cycle_id = :cycle_id AND role = 'owes'
ORDER BY position
