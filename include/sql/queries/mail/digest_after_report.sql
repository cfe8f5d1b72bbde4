-- After the newest published report of which live cycles did offices send, change or take back something, and is another
-- report (edition, supplement) being made already? Also cycles where one is being made though nothing is left for it.
SELECT c.cycle_id, c.title, p.number, p.registered_on, o.is_open,
       ARRAY(SELECT a.short_name FROM mart.after_report a
             WHERE a.cycle_id = c.cycle_id GROUP BY a.short_name, a.position ORDER BY a.position) AS offices
FROM cycle.cycle c
JOIN cycle.published_report p ON p.cycle_id = c.cycle_id AND p.is_newest
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM cycle.document d
                   WHERE d.cycle_id = c.cycle_id AND d.kind ~ '^(summary_report|supplement_report)__'
                     AND NOT EXISTS (SELECT FROM cycle.publication x WHERE x.document_id = d.document_id)
                     AND (d.kind !~ '^supplement_report__'
                          OR EXISTS (SELECT FROM cycle.document_registration r WHERE r.document_id = d.document_id)
                          OR NOT EXISTS (SELECT FROM cycle.document e
                                         WHERE e.cycle_id = d.cycle_id AND e.kind ~ '^summary_report__'
                                           AND e.document_id > d.document_id))) AS is_open
) o
WHERE c.mode = 'live'
  AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = c.cycle_id)
  AND (o.is_open OR EXISTS (SELECT FROM mart.after_report a WHERE a.cycle_id = c.cycle_id))
ORDER BY c.cycle_id
