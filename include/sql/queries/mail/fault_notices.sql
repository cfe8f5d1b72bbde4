-- How many steps told an office of our fault with this submission, and when did the last one?
SELECT count(DISTINCT m.step) AS notices, max(m.dated_at) AS told_at
FROM intake.submission s
JOIN cycle.message m ON m.recipient_id = s.recipient_id AND m.sequence = s.version AND m.step LIKE 'system\_fault%'
WHERE s.submission_id = :submission_id
