-- A delivery repeats or explains this submission: who sent it when, what came of the file the first time, and which warnings
-- did it have that no waiver covers? findings: [rule, message, explanation, whether that came by mail], in their order.
SELECT s.submission_id, s.cycle_id, s.recipient_id, s.version, s.filename, s.outcome, s.kind, s.is_partial,
       s.received_at AS first_received_at, a.from_address AS sender, a.received_at,
       a.message_id_header AS arrival_message_id, r.organization_id, r.name, r.short_name, r.reference_code,
       CASE s.outcome WHEN 'accepted_with_warnings' THEN
           (SELECT json_agg(json_build_array(w.rule, w.message, w.explanation, w.explanation_arrival_id IS NOT NULL)
                            ORDER BY w.position)
            FROM intake.finding w
            WHERE w.submission_id = s.submission_id AND w.severity = 'warning' AND w.rule_waiver_id IS NULL)
       END AS findings
FROM intake.submission s
JOIN cycle.recipient r USING (recipient_id)
JOIN intake.arrival a ON a.arrival_id = :arrival_id
WHERE s.submission_id = :submission_id
