-- What did each recipient report, per indicator and year, in which cell does it stand, and what did it report a cycle ago?
-- Recipients of whom nothing was accepted have rows without a state.
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       a.indicator, a.year, a.kind, f.state, f.is_marked, f.value, a.unit, f.document_number, f.document_on,
       f.submission_id, coalesce(f.carried_from, f.submission_id) AS file_submission_id, f.sheet, f.cell,
       e.state AS previous_state, e.value AS previous_value
FROM mart.recipient p
JOIN mart.asked_value a ON a.cycle_id = p.cycle_id
LEFT JOIN core.fact f ON f.submission_id = p.submission_id AND f.indicator = a.indicator AND f.year = a.year
LEFT JOIN mart.recipient b ON b.recipient_id = p.previous_recipient_id
LEFT JOIN core.fact e ON e.submission_id = b.submission_id AND e.indicator = a.indicator AND e.year = a.previous_year
