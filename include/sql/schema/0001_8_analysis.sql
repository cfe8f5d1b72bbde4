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
