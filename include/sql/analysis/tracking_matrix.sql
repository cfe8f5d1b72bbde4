-- What did each office report of each mark and year? The tracking table, one row per office, mark and year.
-- parameter cycle_id required: the cycle
SELECT v.position, v.organization_id, o.kind AS office_kind, v.short_name, v.region, a.short_label AS indicator_label, v.year,
       a.short_label || ' ' || v.year AS mark, v.state, v.is_marked::integer AS marked,
       v.document_number
FROM mart.indicator_value v
JOIN registry.organization o ON o.organization_id = v.organization_id
JOIN mart.asked_value a ON a.cycle_id = v.cycle_id AND a.indicator = v.indicator AND a.year = v.year
WHERE v.cycle_id = :cycle_id AND v.kind = 'mark'
ORDER BY v.position, a.place, v.year;
