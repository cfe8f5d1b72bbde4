-- Who speaks in each of these versions? 1: the committee or ministry, whose signed report (registered) the workbook says it
-- comes with; 2: the department, likewise; 3: a workbook by itself; 4: a draft.
SELECT s.submission_id,
       CASE WHEN s.kind = 'draft' THEN 4 ELSE coalesce(d.source_rank, 3) END AS source_rank
FROM intake.submission s
JOIN cycle.recipient r USING (recipient_id)
JOIN registry.organization o USING (organization_id)
LEFT JOIN LATERAL (
    SELECT min(CASE WHEN i.issuer = 'recipient' AND o.kind <> 'province_department'
                         OR upper(split_part(i.document_number, '/', -1)) LIKE '%UBND%' THEN 1 ELSE 2 END) AS source_rank
    FROM intake.cover_field f
    JOIN intake.incoming_document i
        ON i.cycle_id = s.cycle_id AND i.recipient_id = s.recipient_id
       -- as people write it: "Số: 210 /BC-UBND ngày 17/12/2012"
       AND upper(regexp_replace(regexp_replace(i.document_number, '^(.*\m)?[Ss][ốỐ]\M|\s*,?\s*\m[Nn]gày\M.*$', '', 'g'),
                                '^[\s:.]+|\s', '', 'g'))
           = upper(regexp_replace(regexp_replace(normalize(f.value), '^(.*\m)?[Ss][ốỐ]\M|\s*,?\s*\m[Nn]gày\M.*$', '', 'g'),
                                  '^[\s:.]+|\s', '', 'g'))
    WHERE f.submission_id = s.submission_id AND f.field = 'report_number'
) d ON true
WHERE s.submission_id = ANY(:submission_ids)
