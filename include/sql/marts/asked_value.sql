-- Which marks and numbers does the form of a cycle ask for, which of the previous cycle's years does each go with, and how do
-- figures of several offices become one?
SELECT c.cycle_id, i.indicator, y.year::integer AS year, i.kind, i.place::integer AS place, i.label, i.short_label, i.unit,
       q.year::integer AS previous_year, coalesce(r.rule, 'list') AS rule
FROM cycle.cycle c
JOIN cycle.form_version v ON v.form_code = c.form_code AND v.version = c.form_version
CROSS JOIN LATERAL (
    SELECT e ->> 'code' AS indicator, 'mark' AS kind, 'mark' AS indicator_kind, n AS place, e ->> 'label' AS label,
           e ->> 'short_label' AS short_label, NULL AS unit
    FROM jsonb_array_elements(v.content -> 'indicators') WITH ORDINALITY x (e, n)
    UNION ALL
    SELECT e ->> 'code', 'quantity', e ->> 'kind', jsonb_array_length(v.content -> 'indicators') + n, e ->> 'label',
           e ->> 'short_label', e ->> 'unit'
    FROM jsonb_array_elements(v.content -> 'quantities' -> 'rows') WITH ORDINALITY x (e, n)
) i
CROSS JOIN LATERAL jsonb_array_elements_text(v.content -> 'years') WITH ORDINALITY y (year, place)
LEFT JOIN registry.aggregation_rule r ON r.indicator_kind = i.indicator_kind
LEFT JOIN cycle.previous_cycle p ON p.cycle_id = c.cycle_id
LEFT JOIN cycle.cycle b ON b.cycle_id = p.previous_cycle_id
LEFT JOIN cycle.form_version w ON w.form_code = b.form_code AND w.version = b.form_version
LEFT JOIN LATERAL jsonb_array_elements_text(w.content -> 'years') WITH ORDINALITY q (year, place)
    ON jsonb_array_length(w.content -> 'years') - q.place = jsonb_array_length(v.content -> 'years') - y.place
