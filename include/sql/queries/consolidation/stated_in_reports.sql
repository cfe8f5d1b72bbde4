-- Which totals and sums of a year does the newest registered report of an earlier cycle of the regime state, of years that
-- were over when that cycle's period ended?
SELECT DISTINCT ON (f.figure) s.measure, s.indicator, s.year, f.value AS stated, r.number, r.registered_on
FROM cycle.cycle t
JOIN cycle.cycle c ON c.regime = t.regime AND c.mode = t.mode AND c.period_to < t.period_to
JOIN cycle.document d ON d.cycle_id = c.cycle_id AND split_part(d.kind, '__', 1) = 'summary_report'
JOIN cycle.document_registration r USING (document_id)
JOIN cycle.document_figure f ON f.document_id = r.document_id AND f.version = r.version
CROSS JOIN LATERAL (
    SELECT split_part(f.figure, ':', 1) AS measure, split_part(f.figure, ':', 2) AS indicator,
           CAST(split_part(f.figure, ':', 3) AS integer) AS year
    WHERE f.figure ~ '^(total|sum):[a-z0-9_]+:[0-9]{4}$') s
WHERE t.cycle_id = :cycle_id AND c.period_to >= make_date(s.year, 12, 31)
ORDER BY f.figure, c.period_to DESC, r.registered_on DESC, d.document_id DESC
