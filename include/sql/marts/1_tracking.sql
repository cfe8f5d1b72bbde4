-- What did each recipient report, per indicator and year, and in which cell does it stand?
-- Recipients of whom nothing was accepted have rows with empty marks.
DELETE FROM mart.tracking WHERE cycle_id = :cycle_id;
INSERT INTO mart.tracking
    (cycle_id, position, organization_id, short_name, indicator, year, state, is_marked, document_number, document_on,
     submission_id, sheet, cell)
SELECT r.cycle_id, r.position, r.organization_id, r.short_name, i.code, y.year, f.state, f.is_marked, f.document_number,
       f.document_on, f.submission_id, f.sheet, f.cell
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.form_version v ON v.form_code = c.form_code AND v.version = c.form_version
CROSS JOIN LATERAL (SELECT e ->> 'code' AS code FROM jsonb_array_elements(v.content -> 'indicators') e) i
CROSS JOIN LATERAL (SELECT e::integer AS year FROM jsonb_array_elements_text(v.content -> 'years') e) y
LEFT JOIN core.current_submission s ON s.recipient_id = r.recipient_id
LEFT JOIN core.fact f ON f.submission_id = s.submission_id AND f.indicator = i.code AND f.year = y.year
WHERE r.cycle_id = :cycle_id AND r.role = 'owes';
