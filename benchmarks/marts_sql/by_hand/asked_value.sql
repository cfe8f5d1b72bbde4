-- Every mark and number of every form, per year.
SELECT c.cycle_id, i.indicator, y.year::integer AS year, i.kind, i.place::integer AS place, i.label, i.short_label, i.unit,
       (SELECT e ->> -(jsonb_array_length(v.content -> 'years') - y.place::integer + 1)
        FROM (SELECT w.content -> 'years' AS e
              FROM cycle.cycle b
              JOIN cycle.form_version w ON w.form_code = b.form_code AND w.version = b.form_version
              WHERE b.regime = c.regime AND b.mode = c.mode AND b.form_code = c.form_code AND b.period_to < c.period_to
                AND b.cycle_id NOT IN (SELECT cycle_id FROM cycle.withdrawal)
              ORDER BY b.period_to DESC LIMIT 1) l)::integer AS previous_year,
       coalesce((SELECT rule FROM registry.aggregation_rule r WHERE r.indicator_kind = i.indicator_kind), 'list') AS rule
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
