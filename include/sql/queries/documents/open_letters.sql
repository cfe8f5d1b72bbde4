-- Which letters and reports beside the plan were started and not given out yet, and which runs have carried each? Not those
-- that a withdrawn cycle needs no more, nor reports that were given up or overtaken, nor those of rehearsals that a process
-- carries through by itself.
SELECT d.cycle_id, d.kind, d.title,
       ARRAY(SELECT e.detail ->> 'run_id' FROM audit.event e
             WHERE e.cycle_id = d.cycle_id AND e.kind = 'letter_run_started' AND e.detail ->> 'document' = d.kind
             ORDER BY e.event_id) AS run_ids
FROM cycle.document d
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.clock t ON t.clock_id = c.clock_id AND NOT t.is_conducted
WHERE d.kind ~ '^(notice_letter|erratum_letter|replacement_letter|recall_letter|summary_report|supplement_report)__'
  AND NOT EXISTS (SELECT FROM cycle.publication p WHERE p.document_id = d.document_id)
  AND (d.kind !~ '^(summary_report|supplement_report)__'
       OR EXISTS (SELECT FROM cycle.open_report o WHERE o.document_id = d.document_id))
  AND (split_part(d.kind, '_', 1) = ANY(:going_on)
       OR NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = d.cycle_id))
ORDER BY d.document_id
