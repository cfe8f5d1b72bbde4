-- Which figures does a cycle have, as the facts give them now, and which of them stand in the newest draft of its report?
WITH newest AS (
    SELECT d.document_id, d.kind, v.version
    FROM cycle.document d
    JOIN cycle.document_version v USING (document_id)
    WHERE d.cycle_id = :cycle_id
      AND EXISTS (SELECT FROM cycle.document_figure f WHERE f.document_id = v.document_id AND f.version = v.version)
    ORDER BY v.drafted_at DESC, d.document_id DESC, v.version DESC
    LIMIT 1
),
drafted AS (
    SELECT f.figure, f.value, f.section, n.kind, n.version
    FROM newest n
    JOIN cycle.document_figure f ON f.document_id = n.document_id AND f.version = n.version
),
computed AS (
    SELECT figure, value
    FROM mart.figure
    WHERE cycle_id = :cycle_id
      AND (region IS NULL OR :with_regions OR figure IN (SELECT figure FROM drafted))
)
SELECT figure,
       coalesce(c.value,
                CASE WHEN split_part(regexp_replace(figure, '^previous:', ''), ':', 1) IN (
                         'answered', 'missing', 'office_count', 'signed', 'signed_only', 'partial', 'nil', 'confidential', 'waived',
                         'distinct', 'total', 'sum', 'every_year', 'without', 'not_applicable', 'not_given', 'offices', 'least', 'greatest', 'rows',
                         'row_offices', 'row_sum')
                     THEN (SELECT coalesce(sum(t.counts), 0) FROM mart.trace(:cycle_id, figure) t) END) AS value,
       d.value AS drafted_value, d.kind AS document, d.version, d.section, i.short_label
FROM computed c
FULL JOIN drafted d USING (figure)
LEFT JOIN mart.indicator i
    ON i.cycle_id = :cycle_id
   AND i.indicator = split_part(regexp_replace(figure, '^previous:', ''), ':', 2)
ORDER BY i.position NULLS FIRST, figure LIKE 'previous:%', figure LIKE '%@%', figure;
