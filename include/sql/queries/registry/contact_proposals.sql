-- Which changes of focal point, ticked on the cover of the workbook that counts, has no officer settled yet?
-- None where the registry has that very contact in use already. Of one recipient, or of all.
SELECT s.submission_id, r.cycle_id, y.title AS cycle_title, y.mode, r.reference_code, r.short_name, r.name AS office,
       r.organization_id, s.received_at, f.email, f.display_name, f.title, f.department, f.phone,
       ARRAY(SELECT k.email FROM registry.contact k
             WHERE k.organization_id = r.organization_id AND k.role = 'to' AND k.state <> 'retired'
             ORDER BY k.position, k.contact_id) AS known
FROM core.current_submission s
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle y ON y.cycle_id = r.cycle_id
JOIN LATERAL (
    SELECT max(c.value) FILTER (WHERE c.field = 'contact_email') AS email,
           max(c.value) FILTER (WHERE c.field = 'contact_name') AS display_name,
           max(c.value) FILTER (WHERE c.field = 'contact_position') AS title,
           max(c.value) FILTER (WHERE c.field = 'contact_department') AS department,
           max(c.value) FILTER (WHERE c.field = 'contact_phone') AS phone,
           bool_or(c.field = 'contact_changed') AS is_changed
    FROM intake.cover_field c
    WHERE c.submission_id = s.submission_id
) f ON f.is_changed
WHERE (CAST(:cycle_id AS text) IS NULL OR (r.cycle_id = :cycle_id AND r.reference_code = :reference_code))
  AND NOT EXISTS (SELECT FROM audit.event e
                  WHERE e.cycle_id = r.cycle_id AND e.kind IN ('focal_point_confirmed', 'focal_point_dismissed')
                    AND (e.detail ->> 'submission_id')::bigint = s.submission_id)
  AND NOT EXISTS (SELECT FROM registry.contact k
                  WHERE k.organization_id = r.organization_id AND k.email = lower(f.email) AND k.state = 'active'
                    AND k.display_name = f.display_name)
ORDER BY s.received_at, r.position
