-- What prose did each recipient send, and where does it stand?
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       n.section, n.body, n.submission_id, coalesce(n.carried_from, n.submission_id) AS file_submission_id, n.sheet, n.cell
FROM cycle.recipient_place p
JOIN core.current_submission s ON s.cycle_id = p.cycle_id AND s.recipient_id = p.recipient_id
JOIN core.narrative n ON n.submission_id = s.submission_id
