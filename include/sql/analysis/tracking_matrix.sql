-- What did each office report of each mark and year? The tracking table, one row per office, mark and year.
-- parameter cycle_id required: the cycle
SELECT v.position, v.short_name, v.region, i.short_label AS indicator_label, v.year,
       i.short_label || ' ' || v.year AS mark, v.state, v.is_marked::integer AS marked, v.document_number
FROM mart.indicator_value v
JOIN mart.indicator i ON i.cycle_id = v.cycle_id AND i.indicator = v.indicator
WHERE v.cycle_id = :cycle_id AND v.kind = 'mark'
ORDER BY v.position, i.position, v.year;
