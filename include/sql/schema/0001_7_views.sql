-- Derived states and indexes.

CREATE INDEX contact_email_idx ON registry.contact (email);
CREATE INDEX message_open_idx ON cycle.message (cycle_id, message_id) WHERE state IN ('queued', 'sending');
CREATE INDEX arrival_open_idx ON intake.arrival (received_at, arrival_id) WHERE handled_at IS NULL;
CREATE INDEX submission_cycle_idx ON intake.submission (cycle_id, recipient_id);
CREATE INDEX submission_fault_idx ON intake.submission (submission_id) WHERE outcome = 'system_fault';
CREATE INDEX conflict_other_idx ON intake.conflict (other_submission_id);
CREATE INDEX conflict_open_idx ON intake.conflict (recipient_id) WHERE decided_at IS NULL;
CREATE INDEX arrival_put_aside_idx ON intake.arrival (arrival_id)
    WHERE outcome IN ('quarantined', 'no_submission') OR note IS NOT NULL;
CREATE INDEX message_undelivered_idx ON cycle.message (cycle_id, recipient_id) WHERE state IN ('failed', 'bounced');
CREATE INDEX attachment_recipient_idx ON intake.attachment (cycle_id, recipient_id);
CREATE INDEX fact_cycle_idx ON core.fact (cycle_id, recipient_id);
CREATE INDEX narrative_cycle_idx ON core.narrative (cycle_id, recipient_id);
CREATE INDEX event_cycle_idx ON audit.event (cycle_id, event_id);
CREATE INDEX event_arrival_idx ON audit.event ((detail ->> 'arrival_id'), event_id DESC)
    WHERE kind IN ('arrival_put_aside', 'arrival_without_workbook', 'arrival_settled', 'arrival_settled_in_part',
                   'arrival_ignored');
CREATE UNIQUE INDEX cycle_live_period_key ON cycle.cycle (regime, period) WHERE mode = 'live';

-- Which versions could count: accepted ones that are no drafts, were not withdrawn, and did not lose (or do not wait for) a
-- decision. A conflict with a version that was withdrawn is none.
CREATE VIEW core.countable_submission AS
SELECT s.cycle_id, s.recipient_id, s.submission_id, s.version, s.channel, s.sender, s.source_rank, s.is_nil, s.is_partial,
       s.missing, s.received_at, s.checked_at AS accepted_at, s.revision
FROM intake.submission s
WHERE s.outcome IN ('accepted', 'accepted_with_warnings') AND s.kind <> 'draft'
  AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id)
  AND NOT EXISTS (SELECT FROM intake.conflict k
                  WHERE k.other_submission_id = s.submission_id
                    AND k.kept_submission_id IS DISTINCT FROM s.submission_id
                    AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w
                                    WHERE w.submission_id = k.standing_submission_id))
  AND NOT EXISTS (SELECT FROM intake.conflict k
                  WHERE k.standing_submission_id = s.submission_id
                    AND k.kept_submission_id IS NOT NULL AND k.kept_submission_id <> s.submission_id
                    AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w
                                    WHERE w.submission_id = k.other_submission_id));
COMMENT ON VIEW core.countable_submission IS 'Which versions could count: accepted ones that are no drafts, not withdrawn and in no undecided or lost conflict.';
COMMENT ON COLUMN core.countable_submission.cycle_id IS 'The cycle';
COMMENT ON COLUMN core.countable_submission.recipient_id IS 'The recipient';
COMMENT ON COLUMN core.countable_submission.submission_id IS 'The submission';
COMMENT ON COLUMN core.countable_submission.version IS 'Its number among the recipient''s submissions';
COMMENT ON COLUMN core.countable_submission.channel IS 'How it came';
COMMENT ON COLUMN core.countable_submission.sender IS 'Address or user it came from';
COMMENT ON COLUMN core.countable_submission.source_rank IS 'Who speaks, 1 highest';
COMMENT ON COLUMN core.countable_submission.is_nil IS 'Whether it says that nothing occurred in the period';
COMMENT ON COLUMN core.countable_submission.is_partial IS 'Whether a part of the form is still to come';
COMMENT ON COLUMN core.countable_submission.missing IS 'The tables still to come; null: none';
COMMENT ON COLUMN core.countable_submission.received_at IS 'When it reached us';
COMMENT ON COLUMN core.countable_submission.accepted_at IS 'When it was accepted';
COMMENT ON COLUMN core.countable_submission.revision IS 'How often it was read, from 1';

-- Which submission counts for each recipient: of those that could, the one of the highest source, of these the latest.
CREATE VIEW core.current_submission AS
SELECT DISTINCT ON (s.cycle_id, s.recipient_id)
    s.cycle_id, s.recipient_id, s.submission_id, s.version, s.channel, s.sender, s.source_rank, s.is_nil, s.is_partial,
    s.missing, s.received_at, s.accepted_at, s.revision
FROM core.countable_submission s
ORDER BY s.cycle_id, s.recipient_id, s.source_rank, s.version DESC;
COMMENT ON VIEW core.current_submission IS 'Which submission counts for each recipient: of those that could (core.countable_submission), the latest of the highest source.';
COMMENT ON COLUMN core.current_submission.cycle_id IS 'The cycle';
COMMENT ON COLUMN core.current_submission.recipient_id IS 'The recipient';
COMMENT ON COLUMN core.current_submission.submission_id IS 'The submission that counts';
COMMENT ON COLUMN core.current_submission.version IS 'Its number among the recipient''s submissions';
COMMENT ON COLUMN core.current_submission.channel IS 'How it came';
COMMENT ON COLUMN core.current_submission.sender IS 'Address or user it came from';
COMMENT ON COLUMN core.current_submission.source_rank IS 'Who speaks, 1 highest';
COMMENT ON COLUMN core.current_submission.is_nil IS 'Whether it says that nothing occurred in the period';
COMMENT ON COLUMN core.current_submission.is_partial IS 'Whether a part of the form is still to come';
COMMENT ON COLUMN core.current_submission.missing IS 'The tables still to come; null: none';
COMMENT ON COLUMN core.current_submission.received_at IS 'When it reached us';
COMMENT ON COLUMN core.current_submission.accepted_at IS 'When it was accepted';
COMMENT ON COLUMN core.current_submission.revision IS 'How often it was read, from 1';

-- What did offices answer about directions that are followed up, in the submission that counts?
CREATE VIEW cycle.follow_up_answer AS
SELECT q.item_id, q.cycle_id, q.section, n.recipient_id, n.submission_id, n.body, n.sheet, n.cell
FROM cycle.follow_up_question q
JOIN core.narrative n ON n.cycle_id = q.cycle_id AND n.section = q.section
JOIN core.current_submission s ON s.submission_id = n.submission_id;
COMMENT ON VIEW cycle.follow_up_answer IS 'What each office answered about a direction of the Government that the form asked about, in the submission that counts.';
COMMENT ON COLUMN cycle.follow_up_answer.item_id IS 'The direction';
COMMENT ON COLUMN cycle.follow_up_answer.cycle_id IS 'The cycle that asked';
COMMENT ON COLUMN cycle.follow_up_answer.section IS 'Section of its form';
COMMENT ON COLUMN cycle.follow_up_answer.recipient_id IS 'Who answered';
COMMENT ON COLUMN cycle.follow_up_answer.submission_id IS 'The submission that says it';
COMMENT ON COLUMN cycle.follow_up_answer.body IS 'What it says';
COMMENT ON COLUMN cycle.follow_up_answer.sheet IS 'Sheet it was read from';
COMMENT ON COLUMN cycle.follow_up_answer.cell IS 'Cell it was read from';

-- Which cycle asked last about each direction (a live one before a rehearsal), how many offices, and how many answered?
CREATE VIEW cycle.follow_up_asked AS
SELECT DISTINCT ON (q.item_id) q.item_id, q.cycle_id,
       (SELECT count(*) FROM cycle.obligation o JOIN cycle.deliverable d USING (cycle_id, deliverable)
        WHERE o.cycle_id = q.cycle_id AND d.kind = 'data_form'
          AND NOT EXISTS (SELECT FROM cycle.waiver w
                          WHERE w.obligation_id = o.obligation_id AND w.undone_at IS NULL)) AS asked,
       (SELECT count(*) FROM cycle.follow_up_answer a
        WHERE a.cycle_id = q.cycle_id AND a.section = q.section) AS answered
FROM cycle.follow_up_question q
JOIN cycle.cycle c ON c.cycle_id = q.cycle_id
ORDER BY q.item_id, c.mode = 'live' DESC, c.period_to DESC, c.cycle_id DESC;
COMMENT ON VIEW cycle.follow_up_asked IS 'Which cycle asked last about each direction that is followed up, how many offices it asked and how many answered.';
COMMENT ON COLUMN cycle.follow_up_asked.item_id IS 'The direction';
COMMENT ON COLUMN cycle.follow_up_asked.cycle_id IS 'The cycle that asked last; a live one before a rehearsal';
COMMENT ON COLUMN cycle.follow_up_asked.asked IS 'Offices that its form asked';
COMMENT ON COLUMN cycle.follow_up_asked.answered IS 'Offices whose answer counts';

-- What did the office of each recipient last report, accepted, in an earlier cycle of the same regime, form and mode?
CREATE VIEW core.prior_submission AS
SELECT n.cycle_id, n.recipient_id, p.cycle_id AS prior_cycle_id, p.submission_id AS prior_submission_id,
       (SELECT x.item ->> 'label' FROM jsonb_array_elements(p.regime_content -> 'periods') AS x (item)
        WHERE x.item ->> 'code' = p.period) AS period_label
FROM cycle.recipient n
JOIN cycle.cycle c ON c.cycle_id = n.cycle_id
CROSS JOIN LATERAL (
    SELECT e.cycle_id, e.period, e.regime_content, s.submission_id
    FROM cycle.cycle e
    JOIN cycle.recipient r ON r.cycle_id = e.cycle_id AND r.organization_id = n.organization_id
    JOIN core.current_submission s ON s.recipient_id = r.recipient_id
    WHERE e.regime = c.regime AND e.form_code = c.form_code AND e.mode = c.mode AND e.period_to < c.period_to
      AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = e.cycle_id)
    ORDER BY e.period_to DESC, e.request_on DESC, cycle.rehearsal_number(e.cycle_id) DESC, e.cycle_id DESC
    LIMIT 1
) p;
COMMENT ON VIEW core.prior_submission IS 'Which accepted submission the office of each recipient gave in the latest earlier cycle of the same regime, form and mode that it answered and that was not withdrawn; of several the one asked last, of rehearsals the one with the highest number; no row where there is none.';
COMMENT ON COLUMN core.prior_submission.cycle_id IS 'The cycle that asks now';
COMMENT ON COLUMN core.prior_submission.recipient_id IS 'The recipient that is asked now';
COMMENT ON COLUMN core.prior_submission.prior_cycle_id IS 'The earlier cycle';
COMMENT ON COLUMN core.prior_submission.prior_submission_id IS 'The submission that counts there';
COMMENT ON COLUMN core.prior_submission.period_label IS 'What the earlier period is called';

-- Whose words may the report cite? Of each office whose submission that counts holds prose: what it rests on, a registered
-- document signed by who owes it (not by a department for its committee), or an officer's confirmation of that very version.
CREATE VIEW core.contribution AS
SELECT c.cycle_id, c.recipient_id, c.submission_id, c.version, c.source_rank,
       d.document_number, d.signed_on, d.registered_number,
       k.contribution_confirmation_id, k.how, k.confirmed_by, k.confirmed_at,
       d.registered_number IS NOT NULL OR k.contribution_confirmation_id IS NOT NULL AS is_citable
FROM core.current_submission c
LEFT JOIN LATERAL (
    SELECT i.document_number, i.signed_on, i.registered_number
    FROM intake.document_answer a
    JOIN intake.incoming_document i USING (incoming_document_id)
    JOIN cycle.deliverable v ON v.cycle_id = i.cycle_id AND v.deliverable = a.deliverable AND v.kind = 'document'
    WHERE a.recipient_id = c.recipient_id AND i.cycle_id = c.cycle_id AND i.issuer = 'recipient'
    ORDER BY i.incoming_document_id DESC LIMIT 1) d ON true
LEFT JOIN core.contribution_confirmation k
    ON k.submission_id = c.submission_id AND k.revision = c.revision AND k.undone_at IS NULL
WHERE EXISTS (SELECT FROM core.narrative n WHERE n.submission_id = c.submission_id);
COMMENT ON VIEW core.contribution IS 'Whose words the report may cite: one row for each office whose submission that counts holds prose.';
COMMENT ON COLUMN core.contribution.cycle_id IS 'The cycle';
COMMENT ON COLUMN core.contribution.recipient_id IS 'The recipient';
COMMENT ON COLUMN core.contribution.submission_id IS 'The submission that counts';
COMMENT ON COLUMN core.contribution.version IS 'Its number among the recipient''s submissions';
COMMENT ON COLUMN core.contribution.source_rank IS 'Who speaks, 1 highest';
COMMENT ON COLUMN core.contribution.document_number IS 'Number and symbol of the signed report, the latest registered; null: none of who owes it is registered';
COMMENT ON COLUMN core.contribution.signed_on IS 'Its date';
COMMENT ON COLUMN core.contribution.registered_number IS 'Its number in the register of incoming documents';
COMMENT ON COLUMN core.contribution.contribution_confirmation_id IS 'The confirmation of this version that stands; null: none';
COMMENT ON COLUMN core.contribution.how IS 'How it was confirmed';
COMMENT ON COLUMN core.contribution.confirmed_by IS 'The officer';
COMMENT ON COLUMN core.contribution.confirmed_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN core.contribution.is_citable IS 'Whether its words may stand in the report: signed, or confirmed';

-- Who has to approve the drafts of a document, one after the other, by the regime of its cycle; the unit alone where the
-- regime says nothing. A supplement goes the way of the report.
CREATE VIEW cycle.approval_step AS
SELECT d.document_id, s.position::integer AS position, s.step ->> 'code' AS step, s.step ->> 'label' AS label,
       s.step ->> 'title' AS title, coalesce((s.step ->> 'distinct_people')::boolean, true) AS distinct_people
FROM cycle.document d
JOIN cycle.cycle c USING (cycle_id)
CROSS JOIN LATERAL (SELECT c.regime_content -> 'approval' AS approval, split_part(d.kind, '__', 1) AS family) r
CROSS JOIN LATERAL jsonb_array_elements(
    coalesce(r.approval -> r.family,
             CASE r.family WHEN 'supplement_report' THEN r.approval -> 'summary_report' END,
             '[{"code": "unit"}]')) WITH ORDINALITY AS s (step, position);
COMMENT ON VIEW cycle.approval_step IS 'Who has to approve the drafts of a document, one after the other.';
COMMENT ON COLUMN cycle.approval_step.document_id IS 'The document';
COMMENT ON COLUMN cycle.approval_step.position IS 'Its place, from 1';
COMMENT ON COLUMN cycle.approval_step.step IS 'Code: unit, leadership';
COMMENT ON COLUMN cycle.approval_step.label IS 'Who approves, as officials say it; null: the unit, by default';
COMMENT ON COLUMN cycle.approval_step.title IS 'What the step is called; null: by default';
COMMENT ON COLUMN cycle.approval_step.distinct_people IS 'Whether who approved at an earlier step may not approve at this one';

-- Where does the approval of a draft stand? Approved when every step is, for what was shown; sent back when one step says
-- so; else the first step that is open. Reason, person and moment are those of the decision that was made last.
CREATE FUNCTION cycle.approval_of(of_document bigint, of_version integer)
RETURNS TABLE (decision text, reason text, decided_by text, decided_at timestamptz, open_step text, last_step text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN bool_or(x.decision = 'sent_back') THEN 'sent_back'
                WHEN count(*) FILTER (WHERE x.decision = 'approved') = count(*) THEN 'approved' END,
           (array_agg(x.reason ORDER BY s.position DESC) FILTER (WHERE x.decision IS NOT NULL))[1],
           (array_agg(x.decided_by ORDER BY s.position DESC) FILTER (WHERE x.decision IS NOT NULL))[1],
           (array_agg(x.decided_at ORDER BY s.position DESC) FILTER (WHERE x.decision IS NOT NULL))[1],
           CASE WHEN bool_or(x.decision = 'sent_back') IS NOT TRUE THEN
               (array_agg(s.step ORDER BY s.position) FILTER (WHERE x.decision IS NULL))[1] END,
           (array_agg(s.step ORDER BY s.position DESC))[1]
    FROM cycle.approval_step s
    JOIN cycle.document_version v ON v.document_id = s.document_id
    LEFT JOIN cycle.document_decision x
        ON x.document_id = v.document_id AND x.version = v.version AND x.step = s.step
       AND x.content_hash = v.content_hash
    WHERE s.document_id = of_document AND v.version = of_version;
END;
COMMENT ON FUNCTION cycle.approval_of IS 'Where the approval of a draft stands: approved, sent_back or null with the step that is open; the last decision''s reason, person and moment; the last step.';

-- Versions that a fault of ours kept from being checked: how often each was tried again, and when the next try is due.
-- None once a later version that is no draft has a result, its office took it back, a person is asked, or while its office
-- answers by the secret mail.
CREATE VIEW intake.fault_to_check AS
SELECT s.submission_id, s.cycle_id, s.recipient_id, t.tries,
       coalesce(t.last_try_at, s.recorded_at) + least(interval '10 minutes' * 2 ^ least(t.tries, 10), interval '1 day')
           AS next_try_at
FROM (
    SELECT x.*, (SELECT max(e.recorded_at) FROM audit.event e
                 WHERE e.cycle_id = x.cycle_id AND e.kind = 'submission_checked'
                   AND e.detail ->> 'submission_id' = x.submission_id::text) AS recorded_at
    FROM intake.submission x
    WHERE x.outcome = 'system_fault'
) s
LEFT JOIN intake.arrival a USING (arrival_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS tries, max(e.recorded_at) AS last_try_at
    FROM audit.event e
    WHERE e.cycle_id = s.cycle_id AND e.kind = 'submission_check_retried'
      AND e.detail ->> 'submission_id' = s.submission_id::text
) t
WHERE a.outcome IS DISTINCT FROM 'quarantined'
  AND NOT EXISTS (SELECT FROM intake.submission l
                  WHERE l.recipient_id = s.recipient_id AND l.version > s.version
                    AND l.kind <> 'draft' AND l.outcome <> 'system_fault'
                    AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = l.submission_id))
  AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id)
  AND NOT EXISTS (SELECT FROM intake.confidential_answer c
                  WHERE c.recipient_id = s.recipient_id AND c.undone_at IS NULL);
COMMENT ON VIEW intake.fault_to_check IS 'Versions that a fault of ours kept from being checked, which are still to be checked again.';
COMMENT ON COLUMN intake.fault_to_check.submission_id IS 'The submission';
COMMENT ON COLUMN intake.fault_to_check.cycle_id IS 'The cycle';
COMMENT ON COLUMN intake.fault_to_check.recipient_id IS 'The recipient';
COMMENT ON COLUMN intake.fault_to_check.tries IS 'How often it was tried again';
COMMENT ON COLUMN intake.fault_to_check.next_try_at IS 'When it may be tried again, by the machine''s clock; ten minutes after the last try, then twice as long each time, up to a day';

-- Which conflicts wait for a decision? None of a version that was taken back; none whose standing version was followed by a
-- later one, which is set against the other file in a conflict of its own.
CREATE VIEW intake.open_conflict AS
SELECT k.conflict_id, k.cycle_id, k.recipient_id, k.standing_submission_id, k.other_submission_id, k.found_at
FROM intake.conflict k
WHERE k.decided_at IS NULL
  AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w
                  WHERE w.submission_id IN (k.standing_submission_id, k.other_submission_id))
  AND NOT EXISTS (SELECT FROM intake.conflict l
                  WHERE l.other_submission_id = k.other_submission_id AND l.conflict_id > k.conflict_id
                    AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w
                                    WHERE w.submission_id = l.standing_submission_id));
COMMENT ON VIEW intake.open_conflict IS 'Conflicts that wait for an officer: neither version was taken back, and the standing one was not followed by a later one.';
COMMENT ON COLUMN intake.open_conflict.conflict_id IS 'The conflict';
COMMENT ON COLUMN intake.open_conflict.cycle_id IS 'The cycle';
COMMENT ON COLUMN intake.open_conflict.recipient_id IS 'The recipient';
COMMENT ON COLUMN intake.open_conflict.standing_submission_id IS 'The version that counts until it is decided';
COMMENT ON COLUMN intake.open_conflict.other_submission_id IS 'The version that contradicts it';
COMMENT ON COLUMN intake.open_conflict.found_at IS 'When, by the cycle''s clock';

-- Where each obligation stands. Timeliness counts from the first good-faith delivery, by the date sent
-- (a stated date more than three days before arrival is not believed): of a file that could be read or not, of the word
-- that nothing occurred, of the secret mail; not of a draft, nor of a version that its office took back.
CREATE VIEW cycle.obligation_status AS
WITH effective AS (
    SELECT o.*, d.kind, d.is_opt_in,
           coalesce((SELECT e.due_at FROM cycle.extension e
                     WHERE e.obligation_id = o.obligation_id AND e.undone_at IS NULL
                     ORDER BY e.extension_id DESC LIMIT 1), o.due_at) AS effective_due_at,
           EXISTS (SELECT FROM cycle.extension e
                   WHERE e.obligation_id = o.obligation_id AND e.undone_at IS NULL) AS is_extended,
           EXISTS (SELECT FROM cycle.waiver w
                   WHERE w.obligation_id = o.obligation_id AND w.undone_at IS NULL) AS is_waived
    FROM cycle.obligation o
    JOIN cycle.deliverable d USING (cycle_id, deliverable)
),
answer AS (
    SELECT s.cycle_id, s.recipient_id, d.deliverable,
           min(CASE WHEN s.sent_at BETWEEN s.received_at - interval '3 days' AND s.received_at
                    THEN s.sent_at ELSE s.received_at END)
               FILTER (WHERE s.channel <> 'ministry_entry' AND s.kind <> 'draft') AS first_received_at,
           min(s.checked_at) FILTER (WHERE s.outcome IN ('accepted', 'accepted_with_warnings')
                                       AND s.kind <> 'draft' AND NOT s.is_partial) AS completed_at,
           (array_agg(s.outcome ORDER BY s.version DESC) FILTER (WHERE s.kind <> 'draft'))[1] AS last_outcome,
           max(s.received_at) FILTER (WHERE s.kind = 'draft') AS draft_received_at
    FROM intake.submission s
    JOIN cycle.deliverable d ON d.cycle_id = s.cycle_id AND d.kind = 'data_form'
    WHERE s.outcome <> 'duplicate'
      AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id)
    GROUP BY s.cycle_id, s.recipient_id, d.deliverable
    UNION ALL
    SELECT d.cycle_id, a.recipient_id, a.deliverable, min(d.sent_on)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh',
           min(d.entered_at) FILTER (WHERE d.issuer = 'recipient'),
           CASE WHEN bool_or(d.issuer = 'recipient') THEN 'accepted' ELSE 'department_only' END, NULL
    FROM intake.document_answer a
    JOIN intake.incoming_document d USING (incoming_document_id)
    GROUP BY d.cycle_id, a.recipient_id, a.deliverable
    UNION ALL
    SELECT r.cycle_id, r.recipient_id, d.deliverable, min(r.received_at), min(r.received_at), 'accepted', NULL
    FROM intake.reply r
    JOIN cycle.deliverable d ON d.cycle_id = r.cycle_id AND d.kind = 'reply'
    GROUP BY r.cycle_id, r.recipient_id, d.deliverable
),
settled AS (
    SELECT e.*, a.draft_received_at, a.last_outcome,
           coalesce(least(a.first_received_at, n.confirmed_at),
                    x.received_on::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh') AS first_received_at,
           CASE WHEN x.entered_at IS NOT NULL THEN x.entered_at
                WHEN c.is_partial THEN n.entered_at
                ELSE coalesce(a.completed_at, n.entered_at) END AS completed_at,
           CASE WHEN x.entered_at IS NOT NULL THEN 'confidential'
                WHEN c.is_nil AND NOT c.is_partial THEN 'nil'
                WHEN CASE e.kind WHEN 'data_form' THEN NOT c.is_partial ELSE a.completed_at IS NOT NULL END
                    THEN 'completed'
                WHEN n.entered_at IS NOT NULL THEN 'nil'
                WHEN e.is_waived THEN 'waived'
                WHEN a.last_outcome = 'department_only' THEN 'department_only'
                WHEN a.last_outcome = 'system_fault' THEN 'in_check'
                WHEN c.is_partial AND a.last_outcome IN ('accepted', 'accepted_with_warnings') THEN 'partial'
                WHEN a.last_outcome IS NOT NULL THEN 'to_complete'
                WHEN e.is_opt_in THEN 'optional' END AS standing
    FROM effective e
    LEFT JOIN answer a USING (cycle_id, recipient_id, deliverable)
    LEFT JOIN core.current_submission c
        ON e.kind = 'data_form' AND c.cycle_id = e.cycle_id AND c.recipient_id = e.recipient_id
    LEFT JOIN intake.nil_return n ON n.obligation_id = e.obligation_id AND n.undone_at IS NULL
    LEFT JOIN intake.confidential_answer x
        ON x.recipient_id = e.recipient_id AND x.undone_at IS NULL AND e.kind <> 'task'
)
SELECT e.obligation_id, e.cycle_id, e.recipient_id, e.deliverable, e.kind,
       e.effective_due_at AS due_at, e.due_at AS original_due_at, e.is_extended, e.is_opt_in,
       e.first_received_at, e.completed_at, e.draft_received_at,
       e.kind = 'data_form'
           AND EXISTS (SELECT FROM intake.open_conflict k
                       WHERE k.cycle_id = e.cycle_id AND k.recipient_id = e.recipient_id)
           AS is_in_conflict,
       coalesce(e.standing,
                CASE WHEN EXISTS (SELECT FROM cycle.milestone m
                                  WHERE m.cycle_id = e.cycle_id AND m.step = 'close' AND m.done_at IS NOT NULL)
                         THEN 'closed_missing'
                     WHEN EXISTS (SELECT FROM cycle.message m
                                  WHERE m.cycle_id = e.cycle_id AND m.recipient_id = e.recipient_id
                                    AND m.step = 'request' AND m.state IN ('sent', 'ambiguous')) THEN 'requested'
                     ELSE 'not_requested' END) AS state,
       coalesce(e.standing IN ('to_complete', 'partial', 'department_only'), true)
           AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = e.cycle_id) AS is_outstanding
FROM settled e;
COMMENT ON VIEW cycle.obligation_status IS 'Where each obligation stands, derived from submissions, incoming documents, messages and extensions.';
COMMENT ON COLUMN cycle.obligation_status.obligation_id IS 'The obligation';
COMMENT ON COLUMN cycle.obligation_status.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.obligation_status.recipient_id IS 'Who owes it';
COMMENT ON COLUMN cycle.obligation_status.deliverable IS 'What is owed';
COMMENT ON COLUMN cycle.obligation_status.kind IS 'Kind of deliverable: document, data_form, reply, task';
COMMENT ON COLUMN cycle.obligation_status.due_at IS 'First instant that is late, after extensions';
COMMENT ON COLUMN cycle.obligation_status.original_due_at IS 'First instant that was late before any extension';
COMMENT ON COLUMN cycle.obligation_status.is_extended IS 'Whether an extension was granted';
COMMENT ON COLUMN cycle.obligation_status.is_opt_in IS 'Whether the office may choose to give it';
COMMENT ON COLUMN cycle.obligation_status.first_received_at IS 'First good-faith delivery, by the date sent';
COMMENT ON COLUMN cycle.obligation_status.completed_at IS 'When it was accepted or registered as signed by who owes it, or entered that nothing occurred or that it comes by the secret mail';
COMMENT ON COLUMN cycle.obligation_status.draft_received_at IS 'When a draft last came, for information; a draft answers nothing';
COMMENT ON COLUMN cycle.obligation_status.is_in_conflict IS 'Whether two files that say different things wait for an officer''s decision';
COMMENT ON COLUMN cycle.obligation_status.state IS 'not_requested, requested, in_check, to_complete, partial, department_only, completed, nil, confidential, waived, optional, closed_missing';
COMMENT ON COLUMN cycle.obligation_status.is_outstanding IS 'Whether the office still owes it; not while the fault is ours (in_check), nor in a cycle that was withdrawn';

-- Where a document stands on the document axis, per addressee: the latest state.
CREATE VIEW cycle.dispatch_status AS
SELECT DISTINCT ON (document_id, recipient_id, addressee)
    document_id, recipient_id, addressee, state, occurred_at, note
FROM cycle.dispatch
ORDER BY document_id, recipient_id, addressee, occurred_at DESC, dispatch_id DESC;
COMMENT ON VIEW cycle.dispatch_status IS 'Where a document stands on the document axis, per addressee.';
COMMENT ON COLUMN cycle.dispatch_status.document_id IS 'The document';
COMMENT ON COLUMN cycle.dispatch_status.recipient_id IS 'The addressee; null where it is not one of the cycle''s offices';
COMMENT ON COLUMN cycle.dispatch_status.addressee IS 'Name of an addressee that is not one of the cycle''s offices; null for the others';
COMMENT ON COLUMN cycle.dispatch_status.state IS 'sent, arrived, accepted, refused';
COMMENT ON COLUMN cycle.dispatch_status.occurred_at IS 'Since when';
COMMENT ON COLUMN cycle.dispatch_status.note IS 'Remark';

-- Through which contacts an office is written to: every active contact of role 'to'; without one, the active copy
-- contact that comes first.
CREATE VIEW registry.contact_in_use AS
SELECT k.organization_id, k.contact_id, k.email, k.display_name, k.role, k.position
FROM registry.contact k
WHERE k.state = 'active'
  AND (k.role = 'to'
       OR k.role = 'copy' AND NOT EXISTS (
           SELECT FROM registry.contact other
           WHERE other.organization_id = k.organization_id AND other.state = 'active'
             AND (other.role = 'to'
                  OR other.role = 'copy' AND (other.position, other.contact_id) < (k.position, k.contact_id))));
COMMENT ON VIEW registry.contact_in_use IS 'Through which contacts an office is written to: every active contact of role to; without one, the active copy contact that comes first.';
COMMENT ON COLUMN registry.contact_in_use.organization_id IS 'The office';
COMMENT ON COLUMN registry.contact_in_use.contact_id IS 'The contact';
COMMENT ON COLUMN registry.contact_in_use.email IS 'Address, lower case';
COMMENT ON COLUMN registry.contact_in_use.display_name IS 'Name or role shown in the mail';
COMMENT ON COLUMN registry.contact_in_use.role IS 'to; copy where it takes the place of one';
COMMENT ON COLUMN registry.contact_in_use.position IS 'Order of use';

-- Is this recipient not to be reminded at this moment?
CREATE FUNCTION cycle.is_paused(of_recipient bigint, at_moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT FROM cycle.pause p
    WHERE p.recipient_id = of_recipient AND p.from_at <= at_moment
      AND at_moment < least(p.until_at, coalesce(p.ended_at, p.until_at)));
COMMENT ON FUNCTION cycle.is_paused IS 'Whether reminders to this recipient rest at this moment: a disaster, a promised day, an agreement.';

-- Did something come from those who speak for this recipient (its contacts, those of a committee's departments, addresses
-- that were learnt) that was not read yet? It may be what a reminder would ask for.
CREATE FUNCTION cycle.has_unread_answer(of_recipient bigint) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT FROM intake.arrival a
    WHERE a.handled_at IS NULL
      AND a.mode = (SELECT c.mode FROM cycle.recipient r JOIN cycle.cycle c USING (cycle_id)
                    WHERE r.recipient_id = of_recipient)
      AND lower(a.from_address) IN (
          SELECT lower(k.email)
          FROM cycle.recipient r
          JOIN registry.organization o ON o.organization_id = r.organization_id OR o.parent_id = r.organization_id
          JOIN registry.contact k ON k.organization_id = o.organization_id
          WHERE r.recipient_id = of_recipient
          UNION ALL
          SELECT s.email
          FROM cycle.recipient r
          JOIN registry.sender_alias s ON s.organization_id = r.organization_id AND s.undone_at IS NULL
          WHERE r.recipient_id = of_recipient));
COMMENT ON FUNCTION cycle.has_unread_answer IS 'Whether a delivery from somebody who speaks for this recipient waits to be read, in the mode of its cycle.';

-- Did the server refuse this message, or did it come back, though its contact is still used as it was then? Another try
-- is a person's decision: a new contact, or this one entered anew.
CREATE FUNCTION cycle.is_refused(m cycle.message) RETURNS boolean
LANGUAGE sql STABLE
RETURN m.state IN ('failed', 'bounced')
   AND EXISTS (SELECT FROM registry.contact k WHERE k.contact_id = m.contact_id AND k.state = 'active')
   AND NOT EXISTS (
       SELECT FROM registry.contact_change h
       WHERE h.contact_id = m.contact_id
         AND (h.kind = 'reinstated' OR h.before ? 'email')
         AND h.changed_at > (SELECT max(e.recorded_at) FROM cycle.message_event e
                             WHERE e.message_id = m.message_id AND e.state = m.state));
COMMENT ON FUNCTION cycle.is_refused IS 'Whether a message failed or bounced though its contact is in use and was neither reinstated nor given another address since: it is not tried again by itself.';

-- Why was this message withdrawn? Null: it was not.
CREATE FUNCTION cycle.why_withdrawn(m cycle.message) RETURNS text
LANGUAGE sql STABLE
RETURN CASE WHEN m.state = 'withdrawn' THEN (
    SELECT coalesce(e.detail, '') FROM cycle.message_event e
    WHERE e.message_id = m.message_id AND e.state = 'withdrawn'
    ORDER BY e.event_id DESC LIMIT 1) END;
COMMENT ON FUNCTION cycle.why_withdrawn IS 'Why a message was withdrawn (see cycle.why_obsolete); null for one that was not.';

-- Has the last day that a letter gives come, by the cycle's clock, so that a later one is to be given? Not where the close
-- leaves no later one.
CREATE FUNCTION cycle.is_last_day_over(of_cycle text, last_day date) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (
    SELECT FROM cycle.cycle c
    JOIN cycle.clock k USING (clock_id)
    JOIN cycle.milestone s ON s.cycle_id = c.cycle_id AND s.step = 'close'
    WHERE c.cycle_id = of_cycle
      AND last_day <= (coalesce(k.now_at, clock_timestamp()) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
      AND last_day < (s.due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date);
COMMENT ON FUNCTION cycle.is_last_day_over IS 'Whether the last day that a letter gives has come, so that a later one, up to the close, is to be given.';

-- Of what is still owed, which reminders are due at this moment and were not written yet? None in a pause, nor after
-- the close; a later step takes the place of an earlier one, and one that tells of a deadline ahead is not sent after it.
-- A reminder counts for an obligation when it was written after the obligation's own moment: one whose deadline was
-- put off is reminded again, on its new day. One withdrawn because of a pause, of a contact that was not in use then, or
-- of an answer that has been read since does not count, nor one that did not reach its contact, unless that contact is
-- still in use (cycle.is_refused).
CREATE FUNCTION cycle.reminder_due(of_cycle text, at_moment timestamptz)
RETURNS TABLE (obligation_id bigint, recipient_id bigint, step text, due_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT o.obligation_id, o.recipient_id, p.step, p.due_at
    FROM cycle.obligation_status o
    JOIN cycle.reminder_plan p USING (obligation_id)
    WHERE o.cycle_id = of_cycle AND o.is_outstanding AND p.due_at <= at_moment
      AND (p.due_at < o.due_at AND o.due_at <= at_moment) IS NOT TRUE
      AND NOT cycle.is_paused(o.recipient_id, at_moment)
      AND NOT EXISTS (
          SELECT FROM cycle.reminder_plan l
          WHERE l.obligation_id = o.obligation_id AND l.due_at > p.due_at AND l.due_at <= at_moment)
      AND NOT EXISTS (
          SELECT FROM cycle.milestone s
          WHERE s.cycle_id = o.cycle_id AND s.step = 'close' AND s.done_at IS NOT NULL)
      AND NOT EXISTS (
          SELECT FROM cycle.message m
          WHERE m.recipient_id = o.recipient_id AND m.step = p.step AND m.dated_at >= p.due_at
            AND CASE WHEN m.state IN ('failed', 'bounced') THEN cycle.is_refused(m)
                     WHEN m.state = 'withdrawn' THEN
                         CASE cycle.why_withdrawn(m) WHEN 'answer_unread' THEN cycle.has_unread_answer(o.recipient_id)
                                                     ELSE cycle.why_withdrawn(m) NOT IN ('paused', 'contact_not_in_use') END
                     ELSE true END);
END;
COMMENT ON FUNCTION cycle.reminder_due IS 'Reminders that are due at this moment for what is still owed and were not written yet; none in a pause or after the close.';

-- Which of them will their step not send now, because it is done or its own moment lies ahead (another office has more
-- time)? Where it is done: those planned again since, those that a pause held back, and those whose mail was written but
-- did not go, or had no contact to go to.
CREATE FUNCTION cycle.reminder_to_catch_up(of_cycle text, at_moment timestamptz)
RETURNS TABLE (recipient_id bigint, step text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT DISTINCT p.recipient_id, p.step
    FROM cycle.reminder_due(of_cycle, at_moment) p
    JOIN cycle.milestone s ON s.cycle_id = of_cycle AND s.step = p.step
    WHERE s.done_at IS NULL AND s.due_at > at_moment
       OR s.done_at IS NOT NULL
          AND (p.due_at > s.done_at
               OR EXISTS (SELECT FROM cycle.pause z
                          WHERE z.recipient_id = p.recipient_id
                            AND least(z.until_at, coalesce(z.ended_at, z.until_at)) > p.due_at)
               OR EXISTS (SELECT FROM cycle.message m
                          WHERE m.recipient_id = p.recipient_id AND m.step = p.step AND m.dated_at >= p.due_at)
               OR EXISTS (SELECT FROM audit.event e
                          WHERE e.recipient_id = p.recipient_id AND e.kind = 'no_live_contact'
                            AND e.occurred_at >= p.due_at));
END;
COMMENT ON FUNCTION cycle.reminder_to_catch_up IS 'Reminders that are due though their step is done or lies ahead: planned again since, held back by a pause, or written but not delivered.';

-- Under which number, of which day, is a cycle's request cited now? That of the newest registered letter that replaced it,
-- else its own.
CREATE VIEW cycle.request_citation AS
WITH RECURSIVE cited AS (
    SELECT cycle_id, document_id FROM cycle.document WHERE kind = 'request_letter'
    UNION ALL
    SELECT d.cycle_id, d.document_id
    FROM cited c
    JOIN cycle.document d ON d.about_document_id = c.document_id AND split_part(d.kind, '__', 1) = 'replacement_letter'
)
SELECT DISTINCT ON (c.cycle_id)
    c.cycle_id, c.document_id, g.number, g.registered_on, g.signed_file_name, g.signed_file_sha256
FROM cited c
JOIN cycle.document_registration g USING (document_id)
ORDER BY c.cycle_id, c.document_id DESC;
COMMENT ON VIEW cycle.request_citation IS 'Under which number and date the request of a cycle is cited: those of the newest registered letter that replaced it, else its own; no row before it is registered.';
COMMENT ON COLUMN cycle.request_citation.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.request_citation.document_id IS 'The document that is cited';
COMMENT ON COLUMN cycle.request_citation.number IS 'Its number and symbol';
COMMENT ON COLUMN cycle.request_citation.registered_on IS 'Its date';
COMMENT ON COLUMN cycle.request_citation.signed_file_name IS 'Name of its signed file';
COMMENT ON COLUMN cycle.request_citation.signed_file_sha256 IS 'Content hash of its signed file';

-- What the report of a cycle rests on, one row each with a mark that changes whenever it says something else: submissions
-- that count (and how often they were read anew), signed reports and answers in words that were registered, nil returns,
-- secret mail, waivers and deadlines as they stand, confirmed contributions, the number under which the request is cited, the
-- unit's own wordings, what counts in the previous cycle (of which the report states figures too), the words of regime and
-- cycle. Nothing in it changes by time alone.
CREATE VIEW core.report_basis AS
SELECT c.cycle_id, 'submission' AS kind, c.recipient_id, '' AS key, c.submission_id || '.' || c.revision AS mark
FROM core.current_submission c
UNION ALL
SELECT d.cycle_id, 'signed_report', a.recipient_id, a.deliverable || '.' || d.incoming_document_id,
       md5(concat_ws('|', d.registered_number, d.document_number, d.signed_on, d.sent_on, d.received_on, d.signer,
                     d.capacity, d.issuer, d.issuer_id, d.authorisation))
FROM intake.incoming_document d
JOIN intake.document_answer a USING (incoming_document_id)
UNION ALL
SELECT r.cycle_id, 'reply', r.recipient_id, r.reply_id::text, ''
FROM intake.reply r
UNION ALL
SELECT o.cycle_id, 'nil_return', o.recipient_id, o.deliverable, n.nil_return_id::text
FROM intake.nil_return n
JOIN cycle.obligation o USING (obligation_id)
WHERE n.undone_at IS NULL
UNION ALL
SELECT x.cycle_id, 'confidential_answer', x.recipient_id, '', concat_ws('.', x.confidential_answer_id, x.received_on)
FROM intake.confidential_answer x
WHERE x.undone_at IS NULL
UNION ALL
SELECT o.cycle_id, 'waiver', o.recipient_id, o.deliverable, w.waiver_id::text
FROM cycle.waiver w
JOIN cycle.obligation o USING (obligation_id)
WHERE w.undone_at IS NULL
UNION ALL
SELECT o.cycle_id, 'deadline', o.recipient_id, o.deliverable,
       coalesce(extract(epoch FROM coalesce(e.due_at, o.due_at))::text, '')
FROM cycle.obligation o
LEFT JOIN LATERAL (SELECT x.due_at FROM cycle.extension x
                   WHERE x.obligation_id = o.obligation_id AND x.undone_at IS NULL
                   ORDER BY x.extension_id DESC LIMIT 1) e ON true
UNION ALL
SELECT x.cycle_id, 'contribution', x.recipient_id, concat_ws('.', x.submission_id, x.revision), x.contribution_confirmation_id::text
FROM core.contribution_confirmation x
WHERE x.undone_at IS NULL
UNION ALL
SELECT q.cycle_id, 'request', NULL, '', concat_ws('|', q.number, q.registered_on)
FROM cycle.request_citation q
UNION ALL
SELECT t.cycle_id, 'section_text', NULL, concat_ws('.', t.kind, t.section), t.section_text_id::text
FROM cycle.section_text t
WHERE t.undone_at IS NULL
UNION ALL
SELECT p.cycle_id, 'previous', NULL, '', concat_ws('.', p.previous_cycle_id, x.mark)
FROM cycle.previous_cycle p
CROSS JOIN LATERAL (
    SELECT md5(concat_ws(':', count(*), sum(hashtextextended(b.mark, 0)::numeric))) AS mark
    FROM (SELECT concat_ws('|', 'submission', e.submission_id, e.revision) AS mark
          FROM core.current_submission e
          WHERE e.cycle_id = p.previous_cycle_id
          UNION ALL
          SELECT concat_ws('|', 'nil_return', n.nil_return_id)
          FROM intake.nil_return n
          JOIN cycle.obligation o USING (obligation_id)
          WHERE o.cycle_id = p.previous_cycle_id AND n.undone_at IS NULL
          UNION ALL
          SELECT concat_ws('|', 'waiver', w.waiver_id)
          FROM cycle.waiver w
          JOIN cycle.obligation o USING (obligation_id)
          WHERE o.cycle_id = p.previous_cycle_id AND w.undone_at IS NULL) b) x
UNION ALL
SELECT c.cycle_id, 'cycle', NULL, '',
       md5(concat_ws('|', c.title, c.subject, c.deadline_phrase, extract(epoch FROM c.due_at), c.period_from, c.period_to,
                     c.cutoff_on, c.stated_figures, c.form_code, c.form_version, c.regime_content::text))
FROM cycle.cycle c;
COMMENT ON VIEW core.report_basis IS 'What the report of a cycle rests on, one row each.';
COMMENT ON COLUMN core.report_basis.cycle_id IS 'The cycle';
COMMENT ON COLUMN core.report_basis.kind IS 'submission, signed_report, reply, nil_return, confidential_answer, waiver, deadline, contribution (confirmed by an officer), request, section_text, previous (what counts in the previous cycle), cycle';
COMMENT ON COLUMN core.report_basis.recipient_id IS 'Whose it is; null: nobody''s';
COMMENT ON COLUMN core.report_basis.key IS 'Which of them, where there may be several: the deliverable, the section, the submission';
COMMENT ON COLUMN core.report_basis.mark IS 'Changes whenever it says something else';

-- What does a document of this kind rest on? A report: all of core.report_basis. The letter after it, which states figures and
-- attaches the table: the submissions that count, the request's number, the words of the cycle. No row for other documents,
-- which are not bound to data. (strict, so that it is planned for the one cycle that is asked about)
CREATE FUNCTION core.basis_of(of_cycle text, of_kind text)
RETURNS TABLE (kind text, recipient_id bigint, key text, mark text)
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT b.kind, b.recipient_id, b.key, b.mark
    FROM core.report_basis b
    WHERE b.cycle_id = of_cycle
      AND CASE split_part(of_kind, '__', 1)
              WHEN 'summary_report' THEN true
              WHEN 'supplement_report' THEN true
              WHEN 'follow_up_letter' THEN b.kind IN ('submission', 'request', 'cycle')
              ELSE false END;
END;
COMMENT ON FUNCTION core.basis_of IS 'What a document of this kind rests on (rows of core.report_basis): all for reports; submissions, request and cycle for the letter after it; nothing for others.';

-- A mark that changes whenever anything changes that such a document rests on; empty for one that is not bound to data. (a sum
-- of hashes, as that needs no order)
CREATE FUNCTION core.fingerprint_of(of_cycle text, of_kind text) RETURNS text
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT CASE WHEN count(*) = 0 THEN ''
                ELSE md5(concat_ws(':', count(*), sum(hashtextextended(concat_ws('|', b.kind, b.recipient_id, b.key, b.mark), 0)::numeric)))
           END
    FROM core.basis_of(of_cycle, of_kind) b;
END;
COMMENT ON FUNCTION core.fingerprint_of IS 'A mark that changes whenever anything changes that a document of this kind rests on (core.basis_of); empty for one that is not bound to data.';

-- Is mail of this step handed over in office hours only?
CREATE FUNCTION cycle.waits_for_office_hours(step text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN starts_with(step, 'reminder__') OR step IN ('urging', 'escalation');
COMMENT ON FUNCTION cycle.waits_for_office_hours IS 'Whether mail of this step is handed over in office hours only: reminders, copies of urging letters.';

-- Why should a queued message not be sent after all, at this moment? Null: it should. A function, since its questions
-- about obligations take longer to prepare than to answer and are asked of few messages.
CREATE FUNCTION cycle.why_obsolete(m cycle.message, wall_now timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    is_reminder boolean := starts_with(m.step, 'reminder__');
    at_moment timestamptz;
    planned integer;
    not_superseded integer;
    named integer;
    in_time integer;
BEGIN
    IF NOT EXISTS (SELECT FROM registry.contact k WHERE k.contact_id = m.contact_id AND k.state = 'active') THEN
        RETURN 'contact_not_in_use';
    END IF;
    IF m.step IN ('receipt', 'completion_request', 'system_fault', 'repeat') THEN
        RETURN NULL;  -- answers to what an office sent
    END IF;
    IF NOT starts_with(m.step, 'withdrawal') AND split_part(m.step, '__', 1) NOT IN ('recall_letter', 'notice_letter')
       AND EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = m.cycle_id) THEN
        RETURN 'cycle_withdrawn';
    END IF;
    IF NOT is_reminder AND m.step NOT IN ('request', 'copy', 'urging', 'escalation') THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM cycle.milestone s
               WHERE s.cycle_id = m.cycle_id AND s.step = 'close' AND s.done_at IS NOT NULL) THEN
        RETURN 'cycle_closed';
    END IF;
    IF m.step = 'copy' THEN
        RETURN NULL;
    END IF;
    IF NOT is_reminder AND NOT EXISTS (
        SELECT FROM cycle.obligation_status o
        WHERE o.recipient_id = m.recipient_id
          AND (o.is_outstanding OR m.step = 'request' AND o.state = 'optional')) THEN
        RETURN 'nothing_outstanding';
    END IF;
    IF m.step = 'request' THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(k.now_at, wall_now) INTO at_moment
    FROM cycle.cycle c JOIN cycle.clock k USING (clock_id)
    WHERE c.cycle_id = m.cycle_id;
    IF cycle.is_paused(m.recipient_id, at_moment) THEN
        RETURN 'paused';  -- after the pause it is written anew, if it is still due then
    END IF;
    IF NOT is_reminder THEN
        RETURN NULL;
    END IF;
    -- what it reminds of: of what its step was planned for, that for which no later step was due when it was written;
    -- a newer reminder takes its place only if it speaks of all of that at a later step of each
    SELECT count(*),
           count(*) FILTER (WHERE NOT EXISTS (
               SELECT FROM cycle.message n
               JOIN cycle.reminder_plan later ON later.obligation_id = o.obligation_id AND later.step = n.step
               WHERE n.recipient_id = m.recipient_id AND n.contact_id = m.contact_id AND n.message_id > m.message_id
                 AND n.state IN ('queued', 'sending', 'sent', 'ambiguous')
                 AND later.due_at > p.due_at AND later.due_at <= n.dated_at)),
           count(*) FILTER (WHERE is_named),
           count(*) FILTER (WHERE is_named AND (p.due_at < o.due_at AND o.due_at <= at_moment) IS NOT TRUE)
    INTO planned, not_superseded, named, in_time
    FROM cycle.obligation_status o
    JOIN cycle.reminder_plan p USING (obligation_id)
    CROSS JOIN LATERAL (
        SELECT NOT EXISTS (SELECT FROM cycle.reminder_plan l
                           WHERE l.obligation_id = o.obligation_id AND l.due_at > p.due_at
                             AND l.due_at <= m.dated_at) AS is_named
    ) x
    WHERE o.recipient_id = m.recipient_id AND o.is_outstanding AND p.step = m.step AND p.due_at <= m.dated_at;
    IF planned > 0 AND not_superseded = 0 THEN
        RETURN 'superseded';
    ELSIF named = 0 THEN
        RETURN 'nothing_outstanding';
    ELSIF in_time = 0 THEN
        RETURN 'deadline_passed';
    ELSIF cycle.has_unread_answer(m.recipient_id) THEN
        RETURN 'answer_unread';  -- once it is read the reminder is written anew, if something is still owed then
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION cycle.why_obsolete IS 'Why a queued message should not be sent after all: contact_not_in_use; cycle_withdrawn (of all but answers and what tells of the withdrawal); for requests, copies, reminders and copies of urging letters also cycle_closed; nothing_outstanding (of what a step reminds of); for reminders and copies of urging letters paused; for reminders superseded (a later reminder of the same was written), deadline_passed (it told of a deadline ahead), answer_unread. Null: it should.';
