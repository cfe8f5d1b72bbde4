-- Which rows did each recipient write into the open tables of its form, such as proposed tasks?
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       l.list, l.position AS row_number, l.content, l.submission_id,
       coalesce(l.carried_from, l.submission_id) AS file_submission_id, l.sheet, l.first_cell
FROM mart.recipient p
JOIN core.list_row l ON l.submission_id = p.submission_id
