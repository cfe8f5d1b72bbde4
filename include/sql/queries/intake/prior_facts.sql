-- What did each office of a cycle last report, accepted, in an earlier cycle of the same regime and form?
WITH here AS (
    SELECT cycle_id, regime, form_code, mode, period_to FROM cycle.cycle WHERE cycle_id = :cycle_id
), latest AS (
    SELECT DISTINCT ON (r.organization_id) r.organization_id, s.submission_id
    FROM here h
    JOIN cycle.cycle e ON e.regime = h.regime AND e.form_code = h.form_code AND e.mode = h.mode
                      AND e.period_to < h.period_to
    JOIN cycle.recipient r ON r.cycle_id = e.cycle_id
    JOIN core.current_submission s ON s.recipient_id = r.recipient_id
    ORDER BY r.organization_id, e.period_to DESC
)
SELECT n.reference_code, f.indicator, f.year, f.state, f.value, f.document_number
FROM latest l
JOIN cycle.recipient n ON n.cycle_id = :cycle_id AND n.organization_id = l.organization_id
JOIN core.fact f ON f.submission_id = l.submission_id
ORDER BY n.reference_code, f.indicator, f.year
