-- What does the version of an office that counts tell, by section, and by which form?
SELECT c.title, r.short_name, f.content AS form_content,
       (SELECT jsonb_object_agg(n.section, n.body)
        FROM core.current_submission s
        JOIN core.narrative n USING (submission_id)
        WHERE s.cycle_id = r.cycle_id AND s.recipient_id = r.recipient_id) AS narrative
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
LEFT JOIN cycle.form_version f ON f.form_code = c.form_code AND f.version = c.form_version
WHERE r.cycle_id = :cycle_id AND r.reference_code = :reference_code
