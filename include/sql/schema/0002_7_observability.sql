-- What is watched while it goes on, and what waits for a person; asked every minute, so indexed.

CREATE INDEX milestone_undone_idx ON cycle.milestone (cycle_id, due_at) WHERE done_at IS NULL;
CREATE INDEX message_state_idx ON cycle.message (cycle_id, step, state);

-- Which cycles go on, and what is the present moment of each? Those with a step that is undone and that were not withdrawn;
-- of very many (rehearsals) the 200 newest, live ones first, so that no more than so many are measured.
CREATE VIEW cycle.watched_cycle AS
SELECT c.cycle_id, c.mode, c.due_at, coalesce(k.now_at, now()) AS now_at
FROM cycle.cycle c
JOIN cycle.clock k USING (clock_id)
WHERE EXISTS (SELECT FROM cycle.milestone m WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL)
  AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = c.cycle_id)
ORDER BY c.mode, c.request_on DESC, c.cycle_id
LIMIT 200;
COMMENT ON VIEW cycle.watched_cycle IS 'The cycles that go on: a step of their plan is undone and they were not withdrawn; at most the 200 newest, live ones first.';
COMMENT ON COLUMN cycle.watched_cycle.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.watched_cycle.mode IS 'live, or rehearsal';
COMMENT ON COLUMN cycle.watched_cycle.due_at IS 'First instant that is late for all; null where offices have deadlines of their own';
COMMENT ON COLUMN cycle.watched_cycle.now_at IS 'The present moment, by the cycle''s clock';

-- What waits for a person, oldest first? Deliveries put aside, or without a workbook though from an office we know;
-- offices that cannot be reached by mail; mails that failed or came back, unless the office was reached since (a send of
-- unknown outcome is settled by the policy of its step, so none waits);
-- documents that an office refused on the document axis; registrations that lapsed; versions that a fault of ours keeps
-- from being checked; files that contradict what counts. Nothing of cycles that are over, save deliveries and conflicts,
-- which wait until somebody settles them.
CREATE VIEW intake.for_a_person AS
WITH going AS (
    SELECT c.cycle_id FROM cycle.cycle c
    WHERE EXISTS (SELECT FROM cycle.milestone m WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL)
)
SELECT 'arrival' AS kind, a.arrival_id, p.cycle_id, r.reference_code, r.short_name, a.received_at AS since,
       a.from_address AS who, a.outcome AS state, a.note
FROM intake.arrival a
LEFT JOIN LATERAL (
    SELECT e.cycle_id, e.detail ->> 'reference_code' AS reference_code
    FROM audit.event e
    WHERE e.kind IN ('arrival_put_aside', 'arrival_without_workbook') AND e.detail ->> 'arrival_id' = a.arrival_id::text
    ORDER BY e.event_id DESC
    LIMIT 1
) p ON true
LEFT JOIN cycle.recipient r ON r.cycle_id = p.cycle_id AND r.reference_code = p.reference_code
WHERE (a.outcome IN ('quarantined', 'no_submission') OR a.note IS NOT NULL)  -- the few that are indexed
  AND (a.outcome = 'quarantined' OR (a.outcome IN ('submission', 'duplicate') AND a.note IS NOT NULL)
       OR (a.outcome = 'no_submission' AND p.cycle_id IS NOT NULL))
  AND NOT EXISTS (SELECT FROM audit.event s
                  WHERE s.kind IN ('arrival_settled', 'arrival_ignored') AND s.detail ->> 'arrival_id' = a.arrival_id::text)
UNION ALL
SELECT 'unreachable', NULL, e.cycle_id, r.reference_code, r.short_name, e.occurred_at, NULL, NULL, NULL
FROM audit.event e
JOIN going USING (cycle_id)
JOIN cycle.recipient r ON r.recipient_id = e.recipient_id
WHERE e.kind = 'no_live_contact'
  AND NOT EXISTS (SELECT FROM registry.contact_in_use k WHERE k.organization_id = r.organization_id)
UNION ALL
SELECT 'message', NULL, m.cycle_id, r.reference_code, r.short_name, m.dated_at, m.to_address, m.state, m.subject
FROM cycle.message m
JOIN going USING (cycle_id)
JOIN cycle.recipient r ON r.recipient_id = m.recipient_id
WHERE m.state IN ('failed', 'bounced')
  AND NOT EXISTS (SELECT FROM cycle.message l
                  WHERE l.recipient_id = m.recipient_id AND l.message_id > m.message_id AND l.state = 'sent')
UNION ALL
SELECT 'registration', NULL, e.cycle_id, NULL, NULL, max(e.occurred_at), max(e.actor), NULL, d.title
FROM audit.event e
JOIN going USING (cycle_id)
JOIN cycle.document d ON d.cycle_id = e.cycle_id AND d.kind = e.detail ->> 'document'
WHERE e.kind = 'registration_lapsed'
  AND NOT EXISTS (SELECT FROM cycle.document_registration g WHERE g.document_id = d.document_id)
GROUP BY e.cycle_id, d.document_id, d.title
UNION ALL
SELECT 'fault', s.arrival_id, s.cycle_id, r.reference_code, r.short_name, s.received_at, s.sender, s.outcome, s.filename
FROM intake.submission s
JOIN cycle.recipient r ON r.recipient_id = s.recipient_id
LEFT JOIN intake.arrival a ON a.arrival_id = s.arrival_id
WHERE s.outcome = 'system_fault' AND a.outcome IS DISTINCT FROM 'quarantined'
  AND NOT EXISTS (SELECT FROM intake.submission l
                  WHERE l.recipient_id = s.recipient_id AND l.version > s.version
                    AND l.kind <> 'draft' AND l.outcome <> 'system_fault'
                    AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = l.submission_id))
  AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id)
  AND NOT EXISTS (SELECT FROM intake.confidential_answer c
                  WHERE c.recipient_id = s.recipient_id AND c.undone_at IS NULL)
UNION ALL
SELECT 'refused', NULL, d.cycle_id, r.reference_code, coalesce(r.short_name, s.addressee), s.occurred_at, NULL, s.state,
       d.title || ' (' || g.number || ')' || coalesce(': ' || s.note, '')
FROM cycle.dispatch_status s
JOIN cycle.document d USING (document_id)
JOIN cycle.document_registration g USING (document_id)
LEFT JOIN going ON going.cycle_id = d.cycle_id
LEFT JOIN cycle.recipient r ON r.recipient_id = s.recipient_id
WHERE s.state = 'refused' AND (going.cycle_id IS NOT NULL OR s.addressee IS NOT NULL)
  AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = d.cycle_id)
UNION ALL
SELECT 'conflict', s.arrival_id, k.cycle_id, r.reference_code, r.short_name, k.found_at, s.sender, NULL, k.conflict_id::text
FROM intake.open_conflict k
JOIN intake.submission s ON s.submission_id = k.other_submission_id
JOIN cycle.recipient r ON r.recipient_id = k.recipient_id;
COMMENT ON VIEW intake.for_a_person IS 'What waits for a person: deliveries put aside, offices and mails that need a look, refusals, lapsed registrations, faults of ours, conflicts.';
COMMENT ON COLUMN intake.for_a_person.kind IS 'arrival, unreachable, message, registration, refused (on the document axis), fault, conflict';
COMMENT ON COLUMN intake.for_a_person.arrival_id IS 'The delivery; null: none is concerned';
COMMENT ON COLUMN intake.for_a_person.cycle_id IS 'The cycle; null where nobody can tell';
COMMENT ON COLUMN intake.for_a_person.reference_code IS 'Look-up code of the office; null where nobody can tell';
COMMENT ON COLUMN intake.for_a_person.short_name IS 'Its name, or that of another addressee';
COMMENT ON COLUMN intake.for_a_person.since IS 'When it came or happened, by the cycle''s clock';
COMMENT ON COLUMN intake.for_a_person.who IS 'Address or user concerned';
COMMENT ON COLUMN intake.for_a_person.state IS 'Outcome of the delivery, state of the message or of the dispatch';
COMMENT ON COLUMN intake.for_a_person.note IS 'What an officer reads: note, subject, file, title, number of the conflict';
