-- Views for analysts over the registry and the marts.

-- Against which office of today are the figures of an office read? Its own where it still exists; else that to which the
-- successions lead that carry its series on.
CREATE VIEW mart.unit_today AS
WITH RECURSIVE chain AS (
    SELECT o.organization_id, o.organization_id AS unit_id, 0 AS step_count, NULL::date AS since, ''::text AS instruments
    FROM registry.organization o
    UNION ALL
    SELECT c.organization_id, s.successor_id, c.step_count + 1, s.effective_on,
           concat_ws('; ', nullif(c.instruments, ''), s.instrument)
    FROM chain c
    JOIN registry.succession s ON s.predecessor_id = c.unit_id AND s.carries_series
),
last_of_chain AS (
    SELECT DISTINCT ON (organization_id) organization_id, unit_id, step_count, since, instruments
    FROM chain
    ORDER BY organization_id, step_count DESC
),
last_name AS (
    SELECT DISTINCT ON (organization_id) organization_id, name, short_name
    FROM registry.organization_name
    ORDER BY organization_id, valid_from DESC
)
SELECT l.organization_id, o.kind, n.short_name,
       l.unit_id, un.name AS unit_name, un.short_name AS unit_short_name, u.area_id AS unit_area_id,
       l.organization_id <> l.unit_id AS is_succeeded, l.step_count, l.since, nullif(l.instruments, '') AS instruments,
       c63.code AS gso63, ci.code AS iso3166_2, c34.code AS unit_gso34,
       g.region_scheme AS unit_region_scheme, g.region AS unit_region
FROM last_of_chain l
JOIN registry.organization o USING (organization_id)
JOIN last_name n USING (organization_id)
JOIN registry.organization u ON u.organization_id = l.unit_id
JOIN last_name un ON un.organization_id = l.unit_id
LEFT JOIN registry.organization_code c63 ON c63.organization_id = l.organization_id AND c63.code_set = 'gso63'
LEFT JOIN registry.organization_code ci ON ci.organization_id = l.organization_id AND ci.code_set = 'iso3166_2'
LEFT JOIN registry.organization_code c34 ON c34.organization_id = l.unit_id AND c34.code_set = 'gso34'
LEFT JOIN registry.region_scheme x ON x.valid_to IS NULL
LEFT JOIN registry.organization_region g ON g.organization_id = l.unit_id AND g.region_scheme = x.region_scheme;
COMMENT ON VIEW mart.unit_today IS 'Every office that ever was, and the office of today against which its figures are read: 63 provinces to 34, departments and ministries likewise.';
COMMENT ON COLUMN mart.unit_today.organization_id IS 'The office';
COMMENT ON COLUMN mart.unit_today.kind IS 'Kind of office';
COMMENT ON COLUMN mart.unit_today.short_name IS 'Its last name, short';
COMMENT ON COLUMN mart.unit_today.unit_id IS 'The office of today: itself while it exists';
COMMENT ON COLUMN mart.unit_today.unit_name IS 'Official name of the office of today';
COMMENT ON COLUMN mart.unit_today.unit_short_name IS 'Its short name';
COMMENT ON COLUMN mart.unit_today.unit_area_id IS 'The province of today, shared by a committee and its departments; null for central offices';
COMMENT ON COLUMN mart.unit_today.is_succeeded IS 'Whether another office took over';
COMMENT ON COLUMN mart.unit_today.step_count IS 'How many successions lead there; 0: it is the office itself';
COMMENT ON COLUMN mart.unit_today.since IS 'Day of the last of them';
COMMENT ON COLUMN mart.unit_today.instruments IS 'By which legal instruments, in order';
COMMENT ON COLUMN mart.unit_today.gso63 IS 'Statistical code of the office among the 63; null for offices founded since';
COMMENT ON COLUMN mart.unit_today.iso3166_2 IS 'ISO 3166-2 code of the office';
COMMENT ON COLUMN mart.unit_today.unit_gso34 IS 'Statistical code of the office of today among the 34. Never to be compared with gso63: seven codes were used again for other provinces';
COMMENT ON COLUMN mart.unit_today.unit_region_scheme IS 'The division into regions that holds now';
COMMENT ON COLUMN mart.unit_today.unit_region IS 'Region of the office of today';

-- Whom does a code mean? Only together with its code set.
CREATE VIEW mart.unit_by_code AS
SELECT c.code_set, c.code, c.organization_id, t.kind, t.short_name, t.unit_id, t.unit_short_name
FROM registry.organization_code c
JOIN mart.unit_today t USING (organization_id);
COMMENT ON VIEW mart.unit_by_code IS 'Whom a code means, keyed by code set and code; a committee and its departments bear the code of their province.';
COMMENT ON COLUMN mart.unit_by_code.code_set IS 'Code list: gso63, gso34, iso3166_2';
COMMENT ON COLUMN mart.unit_by_code.code IS 'The code in that list';
COMMENT ON COLUMN mart.unit_by_code.organization_id IS 'The office meant';
COMMENT ON COLUMN mart.unit_by_code.kind IS 'Kind of office';
COMMENT ON COLUMN mart.unit_by_code.short_name IS 'Its last name, short';
COMMENT ON COLUMN mart.unit_by_code.unit_id IS 'The office of today against which its figures are read';
COMMENT ON COLUMN mart.unit_by_code.unit_short_name IS 'Short name of that';

-- What does a cycle ask about, in which order, and how do figures of merged offices become one?
CREATE VIEW mart.indicator AS
SELECT i.cycle_id, i.form_code, i.form_version, i.indicator, i.indicator_kind, i.position, i.label, i.short_label, i.unit, a.rule
FROM (
    SELECT c.cycle_id, c.form_code, c.form_version, e.content ->> 'code' AS indicator, 'mark' AS indicator_kind,
           e.position::integer AS position, e.content ->> 'label' AS label, e.content ->> 'short_label' AS short_label,
           NULL::text AS unit
    FROM cycle.cycle c
    JOIN cycle.form_version v ON v.form_code = c.form_code AND v.version = c.form_version
    CROSS JOIN LATERAL jsonb_array_elements(v.content -> 'indicators') WITH ORDINALITY AS e (content, position)
    UNION ALL
    SELECT c.cycle_id, c.form_code, c.form_version, e.content ->> 'code', e.content ->> 'kind',
           (jsonb_array_length(v.content -> 'indicators') + e.position)::integer, e.content ->> 'label',
           e.content ->> 'short_label', e.content ->> 'unit'
    FROM cycle.cycle c
    JOIN cycle.form_version v ON v.form_code = c.form_code AND v.version = c.form_version
    CROSS JOIN LATERAL jsonb_array_elements(nullif(v.content -> 'quantities', 'null') -> 'rows')
        WITH ORDINALITY AS e (content, position)
) i
JOIN registry.aggregation_rule a USING (indicator_kind);
COMMENT ON VIEW mart.indicator IS 'What each cycle asks about: marks and quantities of its form, and by which rule figures of merged offices become one.';
COMMENT ON COLUMN mart.indicator.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.indicator.form_code IS 'Its form';
COMMENT ON COLUMN mart.indicator.form_version IS 'Version of the form';
COMMENT ON COLUMN mart.indicator.indicator IS 'Code of the indicator';
COMMENT ON COLUMN mart.indicator.indicator_kind IS 'mark: has it or not; count, amount, percent, number: quantities';
COMMENT ON COLUMN mart.indicator.position IS 'Order in the form, from 1; quantities behind marks';
COMMENT ON COLUMN mart.indicator.label IS 'Name in the form';
COMMENT ON COLUMN mart.indicator.short_label IS 'Name in headings of tables';
COMMENT ON COLUMN mart.indicator.unit IS 'Unit of a quantity, such as triệu đồng; null for marks';
COMMENT ON COLUMN mart.indicator.rule IS 'any: has it if one of the merged offices has; sum: added up; list: each is listed (registry.aggregation_rule)';

-- What did the offices of today report, with those added up that were merged into them? Beside mart.indicator_value, which
-- has every figure as it was reported.
CREATE VIEW mart.indicator_value_today AS
SELECT v.cycle_id, t.unit_id, t.unit_short_name, t.unit_region_scheme, t.unit_region, v.indicator, v.year, v.kind,
       i.indicator_kind, i.rule,
       CASE WHEN i.rule = 'any' THEN bool_or(v.is_marked) END AS is_marked,
       CASE WHEN i.rule = 'sum' OR i.rule = 'list' AND count(*) = 1
            THEN sum(CASE v.state WHEN 'value' THEN v.value WHEN 'nil' THEN 0 END) END AS value,
       v.unit,
       string_agg(v.short_name || ': ' || w.reading, '; ' ORDER BY v.position, v.recipient_id) AS parts,
       count(*)::integer AS part_count,
       (count(*) FILTER (WHERE v.state IS NOT NULL))::integer AS reported_count,
       (count(*) FILTER (WHERE CASE i.rule WHEN 'any' THEN v.is_marked ELSE v.state IN ('value', 'nil') END))::integer
           AS contributing_count
FROM mart.indicator_value v
JOIN mart.unit_today t ON t.organization_id = v.organization_id
JOIN mart.indicator i ON i.cycle_id = v.cycle_id AND i.indicator = v.indicator
LEFT JOIN registry.value_label l ON l.state = coalesce(v.state, 'none')
CROSS JOIN LATERAL (
    SELECT concat_ws(' ',
               CASE WHEN v.state = 'value'
                    THEN rtrim(translate(to_char(v.value, 'FM999,999,999,999,999,990.999999'), ',.', '.,'), ',')
                    ELSE coalesce(l.label, v.state) END,
               CASE WHEN v.state = 'value' THEN v.unit END,
               CASE WHEN v.state = 'yes' THEN '(' || v.document_number || ')' END) AS reading
) w
GROUP BY v.cycle_id, t.unit_id, t.unit_short_name, t.unit_region_scheme, t.unit_region, v.indicator, v.year, v.kind,
         i.indicator_kind, i.rule, v.unit;
COMMENT ON VIEW mart.indicator_value_today IS 'What was reported, read against the offices of today: the rows of offices that were merged as one, by the rule of the indicator''s kind. As it was reported: mart.indicator_value.';
COMMENT ON COLUMN mart.indicator_value_today.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.indicator_value_today.unit_id IS 'The office of today (mart.unit_today)';
COMMENT ON COLUMN mart.indicator_value_today.unit_short_name IS 'Its short name';
COMMENT ON COLUMN mart.indicator_value_today.unit_region_scheme IS 'The division into regions that holds now';
COMMENT ON COLUMN mart.indicator_value_today.unit_region IS 'Its region; null for central offices';
COMMENT ON COLUMN mart.indicator_value_today.indicator IS 'Indicator';
COMMENT ON COLUMN mart.indicator_value_today.year IS 'Year';
COMMENT ON COLUMN mart.indicator_value_today.kind IS 'mark or quantity';
COMMENT ON COLUMN mart.indicator_value_today.indicator_kind IS 'mark; count, amount, percent, number';
COMMENT ON COLUMN mart.indicator_value_today.rule IS 'any: marked if one of them has it; sum: added up; list: not made one';
COMMENT ON COLUMN mart.indicator_value_today.is_marked IS 'Whether one of them has it, of those that reported; null when none reported, and for quantities. Where reported_count is below part_count, a false is not the whole truth';
COMMENT ON COLUMN mart.indicator_value_today.value IS 'Their sum, nil counted as 0; of a list the value itself where there is one part; null when none reported a number';
COMMENT ON COLUMN mart.indicator_value_today.unit IS 'Unit; null for marks';
COMMENT ON COLUMN mart.indicator_value_today.parts IS 'What each of them reported, in words and in the order of the list of addressees';
COMMENT ON COLUMN mart.indicator_value_today.part_count IS 'Offices that were asked and are one today';
COMMENT ON COLUMN mart.indicator_value_today.reported_count IS 'How many of them reported';
COMMENT ON COLUMN mart.indicator_value_today.contributing_count IS 'How many of them have the mark, or gave a number (or nil)';

-- What did the offices of today write?
CREATE VIEW mart.narrative_today AS
SELECT n.cycle_id, t.unit_id, t.unit_short_name, n.section, a.rule,
       string_agg(n.short_name || ': ' || n.body, E'\n\n' ORDER BY n.position, n.recipient_id) AS parts,
       count(*)::integer AS part_count
FROM mart.narrative n
JOIN mart.unit_today t ON t.organization_id = n.organization_id
JOIN registry.aggregation_rule a ON a.indicator_kind = 'text'
GROUP BY n.cycle_id, t.unit_id, t.unit_short_name, n.section, a.rule;
COMMENT ON VIEW mart.narrative_today IS 'Prose read against the offices of today: what the offices wrote that were merged, one after the other.';
COMMENT ON COLUMN mart.narrative_today.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.narrative_today.unit_id IS 'The office of today';
COMMENT ON COLUMN mart.narrative_today.unit_short_name IS 'Its short name';
COMMENT ON COLUMN mart.narrative_today.section IS 'Section of the form';
COMMENT ON COLUMN mart.narrative_today.rule IS 'The rule of prose: list';
COMMENT ON COLUMN mart.narrative_today.parts IS 'What each wrote, its name before it, in the order of the list of addressees';
COMMENT ON COLUMN mart.narrative_today.part_count IS 'How many of them wrote something';

-- Where does each figure come from: which version, which file, which cell?
CREATE VIEW mart.lineage AS
SELECT v.cycle_id, v.recipient_id, v.organization_id, v.position, v.short_name, v.group_code, v.region_scheme, v.region,
       v.indicator, v.year, v.kind, v.state, v.is_marked, v.value, v.unit, v.document_number, v.document_on,
       v.submission_id, s.version, s.channel, s.received_at,
       nullif(v.file_submission_id, v.submission_id) AS carried_from, f.version AS file_version, f.arrival_id,
       f.filename, f.file_sha256, left(f.file_sha256, 2) || '/' || f.file_sha256 AS archive_path, v.sheet, v.cell
FROM mart.indicator_value v
LEFT JOIN intake.submission s ON s.submission_id = v.submission_id
LEFT JOIN intake.submission f ON f.submission_id = v.file_submission_id;
COMMENT ON VIEW mart.lineage IS 'Where each figure of mart.indicator_value comes from: the version that counts, and the file, sheet and cell in which it stands. Rows without a submission: nothing was accepted.';
COMMENT ON COLUMN mart.lineage.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.lineage.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.lineage.organization_id IS 'The office';
COMMENT ON COLUMN mart.lineage.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.lineage.short_name IS 'Its name on that day';
COMMENT ON COLUMN mart.lineage.group_code IS 'The list through which it was addressed';
COMMENT ON COLUMN mart.lineage.region_scheme IS 'The division into regions of the cycle''s day';
COMMENT ON COLUMN mart.lineage.region IS 'Its region in that division';
COMMENT ON COLUMN mart.lineage.indicator IS 'Indicator';
COMMENT ON COLUMN mart.lineage.year IS 'Year';
COMMENT ON COLUMN mart.lineage.kind IS 'mark or quantity';
COMMENT ON COLUMN mart.lineage.state IS 'State of core.fact; null when nothing was accepted';
COMMENT ON COLUMN mart.lineage.is_marked IS 'Whether the office has it; null for quantities and when nothing was accepted';
COMMENT ON COLUMN mart.lineage.value IS 'The number; null unless the state is value';
COMMENT ON COLUMN mart.lineage.unit IS 'Its unit';
COMMENT ON COLUMN mart.lineage.document_number IS 'Evidence: number and symbol';
COMMENT ON COLUMN mart.lineage.document_on IS 'Evidence: date';
COMMENT ON COLUMN mart.lineage.submission_id IS 'The submission that counts';
COMMENT ON COLUMN mart.lineage.version IS 'Its number among the office''s versions';
COMMENT ON COLUMN mart.lineage.channel IS 'How it came: mail, folder, ministry_entry';
COMMENT ON COLUMN mart.lineage.received_at IS 'When it reached us';
COMMENT ON COLUMN mart.lineage.carried_from IS 'The earlier partial answer in whose file the cell stands; null: in the file of the submission itself';
COMMENT ON COLUMN mart.lineage.file_version IS 'Version whose file holds the cell';
COMMENT ON COLUMN mart.lineage.arrival_id IS 'The delivery with which that file came; null for entries by the ministry';
COMMENT ON COLUMN mart.lineage.filename IS 'Name of the file as sent';
COMMENT ON COLUMN mart.lineage.file_sha256 IS 'Its content hash';
COMMENT ON COLUMN mart.lineage.archive_path IS 'Where it lies in the archive, below REPORTING_ARCHIVE';
COMMENT ON COLUMN mart.lineage.sheet IS 'Sheet';
COMMENT ON COLUMN mart.lineage.cell IS 'Cell';

-- Which figures does a cycle have? Their names are those of cycle.document_figure.
CREATE VIEW mart.figure AS
SELECT cycle_id, 'answered' AS figure, NULL::text AS region,
       (count(*) FILTER (WHERE main_state IN ('completed', 'partial')))::numeric AS value
FROM mart.recipient_status
GROUP BY cycle_id
UNION ALL
SELECT cycle_id, 'missing', NULL,
       count(*) FILTER (WHERE main_state NOT IN ('completed', 'partial', 'nil', 'confidential', 'waived'))
FROM mart.recipient_status
GROUP BY cycle_id
UNION ALL
SELECT cycle_id, 'distinct:' || indicator, NULL, office_count
FROM mart.indicator_distinct
UNION ALL
SELECT t.cycle_id, CASE t.kind WHEN 'mark' THEN 'total:' ELSE 'sum:' END || t.indicator || ':' || t.year, NULL,
       CASE t.kind WHEN 'mark' THEN t.office_count ELSE t.value_sum END
FROM mart.indicator_total t
JOIN mart.indicator i ON i.cycle_id = t.cycle_id AND i.indicator = t.indicator AND i.rule IN ('any', 'sum')
UNION ALL
SELECT t.cycle_id, CASE t.kind WHEN 'mark' THEN 'total:' ELSE 'sum:' END || t.indicator || ':' || t.year || '@' || t.region,
       t.region, sum(CASE t.kind WHEN 'mark' THEN t.office_count ELSE t.value_sum END)
FROM mart.indicator_by_region t
JOIN mart.indicator i ON i.cycle_id = t.cycle_id AND i.indicator = t.indicator AND i.rule IN ('any', 'sum')
WHERE t.region <> ''
GROUP BY t.cycle_id, t.kind, t.indicator, t.year, t.region;
COMMENT ON VIEW mart.figure IS 'The figures that a cycle adds up to, by the names that stand in reports (cycle.document_figure); mart.trace says what is behind each.';
COMMENT ON COLUMN mart.figure.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.figure.figure IS 'answered; missing; distinct:<indicator>; total:<indicator>:<year>; sum:<quantity>:<year>; the last two also of one region: …@<region>';
COMMENT ON COLUMN mart.figure.region IS 'The region; null: all';
COMMENT ON COLUMN mart.figure.value IS 'The figure, in the unit of its indicator';

-- What is behind a figure? One row per contribution; `counts` adds up to the figure. Offices that gave nothing (missing) have
-- no file.
CREATE FUNCTION mart.trace(of_cycle text, of_figure text)
RETURNS TABLE (recipient_id bigint, organization_id text, "position" integer, short_name text, region text, indicator text,
               year integer, state text, value numeric, counts numeric, submission_id bigint, version integer,
               received_at timestamptz, carried_from bigint, file_version integer, arrival_id bigint, filename text,
               file_sha256 text, archive_path text, sheet text, cell text)
LANGUAGE sql STABLE AS $$
    WITH asked AS (
        SELECT CASE WHEN of_figure LIKE 'previous:%' THEN (SELECT p.previous_cycle_id FROM cycle.previous_cycle p
                                                           WHERE p.cycle_id = of_cycle)
                    ELSE of_cycle END AS cycle_id,
               split_part(w.name, ':', 1) AS measure, split_part(w.name, ':', 2) AS subject,
               split_part(w.name, ':', 3) AS detail,
               CASE WHEN split_part(w.name, ':', 3) ~ '^[0-9]{4}$' THEN split_part(w.name, ':', 3)::integer END AS year,
               lower(substring(w.name FROM '^[^:]*:[^:]*:[^:]*:(.*)$')) AS words,
               nullif(split_part(of_figure, '@', 2), '') AS region
        FROM (SELECT split_part(regexp_replace(of_figure, '^previous:', ''), '@', 1) AS name) w
    ),
    -- figures of marks and numbers
    cells AS (
        SELECT a.measure, l.*, a.year AS year_asked, a.region AS region_asked, r.main_state,
               CASE l.state WHEN 'value' THEN l.value WHEN 'nil' THEN 0 END AS counted,
               bool_and(l.is_marked) OVER w AS in_every, bool_or(l.is_marked) OVER w AS in_any,
               bool_or(l.state = 'no') OVER w AS says_no, bool_or(l.state = 'not_applicable') OVER w AS says_apart,
               row_number() OVER w AS place
        FROM asked a
        JOIN mart.lineage l ON l.cycle_id = a.cycle_id AND l.indicator = a.subject
        JOIN mart.recipient_status r ON r.recipient_id = l.recipient_id
        WHERE a.measure IN ('total', 'sum', 'distinct', 'every_year', 'without', 'not_applicable', 'not_given', 'offices', 'least',
                            'greatest')
          AND (a.year IS NULL AND a.measure IN ('distinct', 'every_year', 'without', 'not_applicable', 'not_given') OR l.year = a.year)
          AND (a.region IS NULL OR l.region = a.region)
        WINDOW w AS (PARTITION BY l.recipient_id ORDER BY l.is_marked DESC NULLS LAST, l.year
                     ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ),
    extremes AS (
        SELECT min(counted) AS least, max(counted) AS greatest
        FROM cells
        WHERE main_state IN ('completed', 'partial')
    ),
    chosen AS (
        SELECT c.*, row_number() OVER (ORDER BY c.position, c.recipient_id) AS nth
        FROM cells c
        CROSS JOIN extremes e
        WHERE CASE c.measure
                  WHEN 'sum' THEN c.counted IS NOT NULL
                  WHEN 'every_year' THEN c.in_every
                  WHEN 'without' THEN c.says_no AND NOT c.in_any AND c.main_state IN ('completed', 'partial')
                  WHEN 'not_applicable' THEN c.says_apart AND NOT coalesce(c.in_any OR c.says_no, false)
                      AND c.main_state IN ('completed', 'partial')
                  WHEN 'not_given' THEN NOT coalesce(c.in_any OR c.says_no OR c.says_apart, false)
                      AND c.main_state IN ('completed', 'partial')
                  WHEN 'offices' THEN c.counted IS NOT NULL AND c.main_state IN ('completed', 'partial')
                  WHEN 'least' THEN c.counted = e.least AND c.main_state IN ('completed', 'partial')
                  WHEN 'greatest' THEN c.counted = e.greatest AND c.main_state IN ('completed', 'partial')
                  ELSE c.is_marked END
    ),
    -- figures of rows of open tables
    listed AS (
        SELECT a.measure, p.*, row_number() OVER (PARTITION BY p.recipient_id ORDER BY p.row_number) AS place,
               CASE WHEN a.measure = 'row_sum' AND jsonb_typeof(p.content -> a.detail) = 'number'
                    THEN (p.content ->> a.detail)::numeric END AS counted
        FROM asked a
        JOIN mart.proposal p ON p.cycle_id = a.cycle_id AND p.list = a.subject
        WHERE a.measure IN ('rows', 'row_offices', 'row_sum')
          AND (a.region IS NULL OR p.region = a.region)
          AND (a.measure <> 'rows' OR a.detail = ''
               OR lower(btrim(regexp_replace(p.content ->> a.detail, '\s+', ' ', 'g'))) = a.words)
          AND (a.measure <> 'row_sum' OR jsonb_typeof(p.content -> a.detail) = 'number')
    )
    SELECT l.recipient_id, l.organization_id, l.position, l.short_name, l.region, l.indicator, l.year, l.state, l.value,
           CASE WHEN l.measure = 'sum' THEN l.counted
                WHEN l.measure IN ('least', 'greatest') THEN CASE l.nth WHEN 1 THEN l.counted ELSE 0 END
                WHEN l.measure IN ('total', 'offices') THEN 1
                ELSE (l.place = 1)::integer END AS counts,
           l.submission_id, l.version, l.received_at, l.carried_from, l.file_version, l.arrival_id, l.filename,
           l.file_sha256, l.archive_path, l.sheet, l.cell
    FROM chosen l
    UNION ALL
    SELECT l.recipient_id, l.organization_id, l.position, l.short_name, l.region, l.list, NULL, NULL, l.counted,
           CASE l.measure WHEN 'row_sum' THEN l.counted WHEN 'rows' THEN 1 ELSE (l.place = 1)::integer END,
           l.submission_id, s.version, s.received_at, nullif(l.file_submission_id, l.submission_id), f.version,
           f.arrival_id, f.filename, f.file_sha256, left(f.file_sha256, 2) || '/' || f.file_sha256, l.sheet, l.first_cell
    FROM listed l
    JOIN intake.submission s ON s.submission_id = l.submission_id
    JOIN intake.submission f ON f.submission_id = l.file_submission_id
    UNION ALL
    SELECT r.recipient_id, r.organization_id, r.position, r.short_name, r.region, NULL, NULL, r.main_state, NULL, 1,
           s.submission_id, s.version, s.received_at, NULL, s.version, s.arrival_id, s.filename, s.file_sha256,
           left(s.file_sha256, 2) || '/' || s.file_sha256, NULL, NULL
    FROM asked a
    JOIN mart.recipient_status r ON r.cycle_id = a.cycle_id
    LEFT JOIN core.current_submission c ON c.cycle_id = r.cycle_id AND c.recipient_id = r.recipient_id
    LEFT JOIN intake.submission s ON s.submission_id = c.submission_id
    WHERE (a.region IS NULL OR r.region = a.region)
      AND CASE a.measure
              WHEN 'office_count' THEN true
              WHEN 'answered' THEN r.main_state IN ('completed', 'partial')
              WHEN 'missing' THEN r.main_state NOT IN ('completed', 'partial', 'nil', 'confidential', 'waived')
              WHEN 'signed' THEN r.signed_report_state = 'completed'
              WHEN 'signed_only' THEN r.signed_report_state = 'completed'
                  AND r.main_state NOT IN ('completed', 'partial', 'nil', 'confidential', 'waived')
              WHEN 'partial' THEN r.main_state = 'partial'
              WHEN 'nil' THEN r.main_state = 'nil'
              WHEN 'confidential' THEN r.main_state = 'confidential'
              WHEN 'waived' THEN r.main_state = 'waived'
              ELSE false END
    ORDER BY 3, 1, 7
$$;
COMMENT ON FUNCTION mart.trace IS 'The contributions behind a figure: counts adds up to it; each with the version, file, sheet and cell it stands in. Figures of mart.figure; of reports besides office_count, signed, signed_only, partial, nil, confidential, waived, every_year:<indicator>, without, not_applicable and not_given:<indicator>, offices, least and greatest:<quantity>:<year>, rows and row_offices:<table>, rows:<table>:<column>:<words>, row_sum:<table>:<column>; previous:<figure> of the cycle before. No row: there is no such figure, or nothing contributes.';
