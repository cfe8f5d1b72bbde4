-- What did the office of a recipient last report: period, marks and numbers, and its focal point as its cover had it? (the
-- focal point only while the registry has not retired that address)
SELECT l.period_label,
       (SELECT json_agg(json_build_array(f.indicator, f.year, f.state, f.value::text, f.document_number, f.document_on))
        FROM core.fact f WHERE f.submission_id = l.prior_submission_id) AS figures,
       (SELECT json_object_agg(c.field, c.value)
        FROM intake.cover_field c
        WHERE c.submission_id = l.prior_submission_id
          AND c.field IN ('contact_name', 'contact_position', 'contact_department', 'contact_phone', 'contact_email')
          AND NOT EXISTS (SELECT FROM registry.contact k
                          JOIN intake.cover_field e ON e.submission_id = l.prior_submission_id AND e.field = 'contact_email'
                          WHERE k.organization_id = r.organization_id AND k.state = 'retired'
                            AND k.email = lower(e.value))) AS cover
FROM core.prior_submission l
JOIN cycle.recipient r USING (recipient_id)
WHERE l.recipient_id = :recipient_id
