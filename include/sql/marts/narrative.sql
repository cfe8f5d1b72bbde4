-- What prose did each recipient send, and where does it stand?
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       n.section, n.body, n.submission_id, coalesce(n.carried_from, n.submission_id) AS file_submission_id, n.sheet, n.cell
FROM mart.recipient p
JOIN core.narrative n ON n.submission_id = p.submission_id
