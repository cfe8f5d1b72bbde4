-- The facts of one cycle.
INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, kind, state, value, unit, document_number,
                       document_on, sheet, cell)
SELECT s.submission_id, s.cycle_id, s.recipient_id, a.indicator, a.year, a.kind,
       CASE WHEN a.kind = 'quantity' THEN CASE WHEN x.n % 20 = 0 THEN 'nil' ELSE 'value' END
            WHEN x.n % 50 = 0 THEN 'not_applicable'
            WHEN x.n % 3 = 0 THEN 'no'
            ELSE 'yes' END,
       CASE WHEN a.kind = 'quantity' AND x.n % 20 <> 0 THEN (x.n % 10007)::numeric / 4 END, a.unit,
       CASE WHEN a.kind = 'mark' AND x.n % 3 <> 0 AND x.n % 50 <> 0 THEN x.n % 900 || '/KH-UBND' END,
       CASE WHEN a.kind = 'mark' AND x.n % 3 <> 0 AND x.n % 50 <> 0 THEN make_date(a.year, 3, 1) END,
       'Biểu 1', 'C' || 10 + a.place
FROM (
    SELECT c.cycle_id, left(c.period, 4)::integer AS year, k.kind || '_' || n AS indicator, n AS place,
           CASE k.kind WHEN 'mark' THEN 'mark' ELSE 'quantity' END AS kind,
           CASE k.kind WHEN 'number' THEN 'triệu đồng' END AS unit
    FROM cycle.cycle c
    CROSS JOIN (VALUES ('mark', 24), ('number', 16)) k (kind, many)
    CROSS JOIN LATERAL generate_series(1, k.many) n
    WHERE c.cycle_id = :cycle_id
) a
JOIN intake.submission s ON s.cycle_id = a.cycle_id
CROSS JOIN LATERAL (SELECT (s.submission_id * 31 + a.place * 7) AS n) x
ORDER BY s.submission_id, a.indicator
