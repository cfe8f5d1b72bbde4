-- How often did each rule find something in the versions of each recipient?
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       n.rule, n.severity, n.stage, n.finding_count, n.version_count, n.explained_count, n.waived_count
FROM mart.recipient p
JOIN (
    SELECT s.recipient_id, f.rule, f.severity, f.stage, count(*) AS finding_count,
           count(DISTINCT f.submission_id) AS version_count, count(f.explanation) AS explained_count,
           count(f.rule_waiver_id) AS waived_count
    FROM intake.submission s
    JOIN intake.finding f USING (submission_id)
    GROUP BY s.recipient_id, f.rule, f.severity, f.stage
) n ON n.recipient_id = p.recipient_id
