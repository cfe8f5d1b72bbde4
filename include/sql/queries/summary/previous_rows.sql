-- How many rows did the offices of a cycle write into each of its open tables, in the versions that count?
SELECT l.list, count(*)::integer AS row_count
FROM core.list_row l
JOIN core.current_submission c USING (submission_id)
JOIN cycle.recipient r ON r.recipient_id = l.recipient_id
WHERE l.cycle_id = :cycle_id AND r.role = 'owes'
GROUP BY l.list
ORDER BY l.list
