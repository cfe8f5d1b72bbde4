-- What does one version say otherwise than another, cell by cell? Marks and numbers by indicator and year; prose by section;
-- rows of open tables by what they say, those that are left by their order. A number not given is as good as no row.
WITH fact AS (
    SELECT coalesce(b.indicator, a.indicator) AS code, coalesce(b.year, a.year) AS number,
           coalesce(a.sheet, b.sheet) AS sheet, coalesce(a.cell, b.cell) AS cell, b.said AS before, a.said AS after
    FROM (SELECT indicator, year, sheet, cell,
                 jsonb_build_object('kind', kind, 'state', state, 'value', trim_scale(value)::text, 'unit', unit,
                                    'number', document_number, 'on', document_on, 'note', note) AS said
          FROM core.fact WHERE submission_id = :before AND state <> 'blank') b
    FULL JOIN (SELECT indicator, year, sheet, cell,
                      jsonb_build_object('kind', kind, 'state', state, 'value', trim_scale(value)::text, 'unit', unit,
                                         'number', document_number, 'on', document_on, 'note', note) AS said
               FROM core.fact WHERE submission_id = :after AND state <> 'blank') a
        ON a.indicator = b.indicator AND a.year = b.year
    WHERE a.said IS DISTINCT FROM b.said
),
prose AS (
    SELECT coalesce(b.section, a.section) AS code, coalesce(a.sheet, b.sheet) AS sheet, coalesce(a.cell, b.cell) AS cell,
           to_jsonb(b.body) AS before, to_jsonb(a.body) AS after
    FROM (SELECT * FROM core.narrative WHERE submission_id = :before) b
    FULL JOIN (SELECT * FROM core.narrative WHERE submission_id = :after) a ON a.section = b.section
    WHERE regexp_replace(btrim(coalesce(a.body, '')), '\s+', ' ', 'g')
          <> regexp_replace(btrim(coalesce(b.body, '')), '\s+', ' ', 'g')
),
line AS (  -- equal rows are told apart by their order among themselves
    SELECT submission_id, list, position, content, sheet, first_cell,
           row_number() OVER (PARTITION BY submission_id, list, content ORDER BY position) AS copy
    FROM core.list_row
    WHERE submission_id IN (:before, :after)
),
changed AS (  -- and those that only one version has are paired in their order
    SELECT l.*, row_number() OVER (PARTITION BY submission_id, list ORDER BY position) AS place
    FROM line l
    WHERE NOT EXISTS (SELECT FROM line o
                      WHERE o.submission_id <> l.submission_id AND o.list = l.list AND o.content = l.content
                        AND o.copy = l.copy)
)
SELECT 'fact' AS what, code, number, sheet, cell, before, after FROM fact
UNION ALL
SELECT 'prose', code, NULL, sheet, cell, before, after FROM prose
UNION ALL
SELECT 'row', coalesce(b.list, a.list), coalesce(a.position, b.position), coalesce(a.sheet, b.sheet),
       coalesce(a.first_cell, b.first_cell), b.content, a.content
FROM (SELECT * FROM changed WHERE submission_id = :before) b
FULL JOIN (SELECT * FROM changed WHERE submission_id = :after) a ON a.list = b.list AND a.place = b.place
