-- What does each version give otherwise than the one that counted before?
SELECT r.organization_id, s.version, s.received_at, d.label, d.sheet, d.cell, d.before, d.after
FROM intake.submission s
JOIN cycle.recipient r USING (recipient_id),
     jsonb_to_recordset(s.difference) AS d (label text, sheet text, cell text, before text, after text)
WHERE s.cycle_id = :cycle_id AND s.difference IS NOT NULL
ORDER BY r.position, s.version
