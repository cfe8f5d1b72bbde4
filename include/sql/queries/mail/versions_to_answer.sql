-- Which versions are to be confirmed: whose, what came when with which mail, and what of it was accepted, each in one row?
-- figures: [indicator, year, state, value, document number, document date]; findings: [rule, message, explanation] of the
-- warnings no waiver covers; kept: [indicator, year] of the marks that say what the office said last time, with the same
-- document; prior_period: what that period is called.
SELECT s.submission_id, s.cycle_id, s.recipient_id, s.version, s.filename, s.sender, s.channel, s.received_at, s.outcome,
       s.kind, s.is_nil, s.is_partial, s.difference, a.message_id_header AS arrival_message_id,
       r.organization_id, r.name, r.short_name, r.reference_code,
       (SELECT json_agg(json_build_array(f.indicator, f.year, f.state, f.value::text, f.document_number, f.document_on))
        FROM core.fact f WHERE f.submission_id = s.submission_id) AS figures,
       (SELECT json_object_agg(l.list, l.rows)
        FROM (SELECT list, count(*) AS rows FROM core.list_row WHERE submission_id = s.submission_id GROUP BY list) l
       ) AS list_rows,
       (SELECT array_agg(n.section) FROM core.narrative n WHERE n.submission_id = s.submission_id) AS sections,
       CASE s.outcome WHEN 'accepted_with_warnings' THEN
           (SELECT json_agg(json_build_array(w.rule, w.message, w.explanation) ORDER BY w.position)
            FROM intake.finding w
            WHERE w.submission_id = s.submission_id AND w.severity = 'warning' AND w.rule_waiver_id IS NULL)
       END AS findings,
       l.period_label AS prior_period,
       (SELECT json_agg(json_build_array(f.indicator, f.year))
        FROM core.fact f
        JOIN core.fact b ON b.submission_id = l.prior_submission_id AND b.indicator = f.indicator AND b.year = f.year
        WHERE f.submission_id = s.submission_id AND f.state = 'yes' AND b.state = 'yes'
          AND b.document_number IS NOT DISTINCT FROM f.document_number
          AND b.document_on IS NOT DISTINCT FROM f.document_on) AS kept
FROM unnest(CAST(:submission_ids AS bigint[])) WITH ORDINALITY AS asked (submission_id, position)
JOIN intake.submission s USING (submission_id)
JOIN cycle.recipient r USING (recipient_id)
LEFT JOIN intake.arrival a USING (arrival_id)
LEFT JOIN core.prior_submission l ON l.recipient_id = s.recipient_id
WHERE s.cycle_id = :cycle_id
ORDER BY asked.position
