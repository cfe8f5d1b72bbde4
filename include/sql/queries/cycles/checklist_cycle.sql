-- What does the check before a launch look at in this cycle, and which cycle of the regime came before it?
SELECT c.cycle_id, c.request_on, c.cutoff_on, c.upstream_due_on,
       c.form_code || '@' || c.form_version AS form,
       b.cycle_id AS previous_cycle_id, b.form_code || '@' || b.form_version AS previous_form,
       (SELECT m.due_at FROM cycle.milestone m WHERE m.cycle_id = c.cycle_id AND m.step = 'report') AS report_at
FROM cycle.cycle c
LEFT JOIN LATERAL (
    SELECT e.cycle_id, e.form_code, e.form_version
    FROM cycle.cycle e
    WHERE e.regime = c.regime AND e.mode = c.mode AND e.request_on < c.request_on
      AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = e.cycle_id)
    ORDER BY e.request_on DESC, e.cycle_id DESC
    LIMIT 1
) b ON true
WHERE c.cycle_id = :cycle_id
