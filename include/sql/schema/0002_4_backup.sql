-- Backups and what became of them, restores and the mail that is in doubt after one, and what is held back from disposal.

CREATE TABLE audit.backup (
    name text PRIMARY KEY,
    place text NOT NULL,
    taken_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    file_count bigint NOT NULL,
    new_file_count bigint NOT NULL,
    byte_count bigint NOT NULL,
    with_airflow boolean NOT NULL
);
COMMENT ON TABLE audit.backup IS 'Every backup that was made whole; the watchdog tells the operator when the newest is too old.';
COMMENT ON COLUMN audit.backup.name IS 'Its name in its place';
COMMENT ON COLUMN audit.backup.place IS 'The folder or the address of object storage, without any secret';
COMMENT ON COLUMN audit.backup.taken_at IS 'The moment whose state it holds, by the machine''s clock';
COMMENT ON COLUMN audit.backup.finished_at IS 'When it was whole';
COMMENT ON COLUMN audit.backup.file_count IS 'How many files of the archive it holds';
COMMENT ON COLUMN audit.backup.new_file_count IS 'How many of them no earlier backup in that place held';
COMMENT ON COLUMN audit.backup.byte_count IS 'Size of the dumps';
COMMENT ON COLUMN audit.backup.with_airflow IS 'Whether Airflow''s database is in it';

CREATE TABLE audit.restore (
    restore_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    backup text NOT NULL,
    taken_at timestamptz NOT NULL,
    lost_at timestamptz NOT NULL,
    rehearsals_lost_at timestamptz NOT NULL,
    restored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    restored_by text NOT NULL
);
COMMENT ON TABLE audit.restore IS 'Every time this warehouse was restored from a backup. What happened between taken_at and lost_at it does not know.';
COMMENT ON COLUMN audit.restore.restore_id IS 'Surrogate key';
COMMENT ON COLUMN audit.restore.backup IS 'Name of the backup';
COMMENT ON COLUMN audit.restore.taken_at IS 'The moment whose state was restored';
COMMENT ON COLUMN audit.restore.lost_at IS 'Until when the lost installation may have sent mail';
COMMENT ON COLUMN audit.restore.rehearsals_lost_at IS 'The same for cycles on simulated clocks, by those clocks; infinity: not known';
COMMENT ON COLUMN audit.restore.restored_at IS 'When, by the machine''s clock';
COMMENT ON COLUMN audit.restore.restored_by IS 'Who did it';

CREATE TABLE audit.restore_step (
    restore_id bigint NOT NULL REFERENCES audit.restore,
    step text NOT NULL CHECK (step IN ('recollected','closed')),
    done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_by text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (restore_id, step)
);
COMMENT ON TABLE audit.restore_step IS 'What was done after a restore, once each.';
COMMENT ON COLUMN audit.restore_step.restore_id IS 'The restore';
COMMENT ON COLUMN audit.restore_step.step IS 'recollected: what the channels keep since the backup was taken over again; closed: a person said that no mail is in doubt any more';
COMMENT ON COLUMN audit.restore_step.done_at IS 'When, by the machine''s clock';
COMMENT ON COLUMN audit.restore_step.done_by IS 'Who did it';
COMMENT ON COLUMN audit.restore_step.detail IS 'Particulars, such as how many deliveries were new';

CREATE TABLE audit.doubt_decision (
    restore_id bigint NOT NULL REFERENCES audit.restore,
    message_id bigint NOT NULL REFERENCES cycle.message,
    decision text NOT NULL CHECK (decision IN ('sent','not_sent','send_again','leave')),
    decided_by text NOT NULL,
    reason text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (restore_id, message_id)
);
COMMENT ON TABLE audit.doubt_decision IS 'What was decided of each mail of which a restored warehouse does not know whether it was sent.';
COMMENT ON COLUMN audit.doubt_decision.restore_id IS 'The restore';
COMMENT ON COLUMN audit.doubt_decision.message_id IS 'The mail';
COMMENT ON COLUMN audit.doubt_decision.decision IS 'sent: it was sent before the loss; not_sent: it was not, and goes now; send_again: nobody knows, it goes under the same Message-ID; leave: nobody knows, it does not go';
COMMENT ON COLUMN audit.doubt_decision.decided_by IS 'Who decided';
COMMENT ON COLUMN audit.doubt_decision.reason IS 'On what ground, such as the log of the mail server or the policy of the step';
COMMENT ON COLUMN audit.doubt_decision.decided_at IS 'When, by the machine''s clock';

CREATE VIEW audit.open_restore AS
SELECT r.restore_id, r.backup, r.taken_at, r.lost_at, r.rehearsals_lost_at, r.restored_at, r.restored_by,
       s.done_at AS recollected_at
FROM audit.restore r
LEFT JOIN audit.restore_step s ON s.restore_id = r.restore_id AND s.step = 'recollected'
WHERE NOT EXISTS (SELECT FROM audit.restore_step c WHERE c.restore_id = r.restore_id AND c.step = 'closed');
COMMENT ON VIEW audit.open_restore IS 'The restores after which mail may still be in doubt.';
COMMENT ON COLUMN audit.open_restore.restore_id IS 'The restore';
COMMENT ON COLUMN audit.open_restore.backup IS 'Name of the backup';
COMMENT ON COLUMN audit.open_restore.taken_at IS 'The moment whose state was restored';
COMMENT ON COLUMN audit.open_restore.lost_at IS 'Until when the lost installation may have sent mail';
COMMENT ON COLUMN audit.open_restore.rehearsals_lost_at IS 'The same by simulated clocks; infinity: not known';
COMMENT ON COLUMN audit.open_restore.restored_at IS 'When it was restored';
COMMENT ON COLUMN audit.open_restore.restored_by IS 'By whom';
COMMENT ON COLUMN audit.open_restore.recollected_at IS 'When the channels were looked through again; null: not yet';

-- When was there first a reason to write this mail? A reminder at the moment of its plan, an answer when what it answers
-- came in, what a step of the plan sends when that was due; anything else when it was written.
CREATE FUNCTION cycle.reason_arose_at(m cycle.message) RETURNS timestamptz LANGUAGE sql STABLE
RETURN least(m.dated_at,
    CASE
        WHEN starts_with(m.step, 'reminder__') THEN (
            SELECT min(p.due_at) FROM cycle.reminder_plan p JOIN cycle.obligation o USING (obligation_id)
            WHERE o.recipient_id = m.recipient_id AND p.step = m.step)
        WHEN m.step IN ('repeat', 'explained') THEN (
            SELECT a.received_at FROM intake.arrival a WHERE a.arrival_id = m.sequence)
        WHEN m.step IN ('receipt', 'completion_request') OR starts_with(m.step, 'system_fault') THEN (
            SELECT s.received_at FROM intake.submission s WHERE s.recipient_id = m.recipient_id AND s.version = m.sequence)
        ELSE (
            SELECT s.due_at FROM cycle.milestone s
            WHERE s.cycle_id = m.cycle_id
              AND s.step = CASE WHEN m.step IN ('request', 'copy') OR starts_with(m.step, 'copy__') THEN 'issue'
                                WHEN m.step = 'urging' OR starts_with(m.step, 'urging__') THEN 'urging_issue'
                                WHEN m.step = 'escalation' THEN 'escalation_issue'
                                WHEN m.step = 'report_copy' THEN 'publish' END)
    END);
COMMENT ON FUNCTION cycle.reason_arose_at IS 'When there was first a reason to write a mail, by its cycle''s clock.';

-- After which restore is it in doubt whether this mail, which waits in the queue, was sent already? The restored warehouse
-- does not know what the lost one sent after the backup: any mail for which there was a reason before the loss, written down
-- by then or written anew since. Null: it is in no doubt.
CREATE FUNCTION cycle.in_doubt_since(m cycle.message) RETURNS bigint LANGUAGE sql STABLE
RETURN (
    SELECT min(r.restore_id)
    FROM audit.open_restore r, cycle.cycle c JOIN cycle.clock k USING (clock_id)
    WHERE c.cycle_id = m.cycle_id
      AND cycle.reason_arose_at(m) <= CASE k.kind WHEN 'wall' THEN r.lost_at ELSE r.rehearsals_lost_at END
      AND NOT EXISTS (SELECT FROM audit.doubt_decision d WHERE d.restore_id = r.restore_id AND d.message_id = m.message_id));
COMMENT ON FUNCTION cycle.in_doubt_since IS 'The restore after which it is in doubt whether a mail that waits was sent already; null: it is in no doubt.';

-- ---- Legal hold

CREATE TABLE audit.archive_hold (
    hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('cycle','office','file','period')),
    cycle_id text REFERENCES cycle.cycle,
    organization_id text REFERENCES registry.organization,
    sha256 text REFERENCES intake.archived_file,
    from_on date,
    to_on date,
    reason text NOT NULL CHECK (reason <> ''),
    held_by text NOT NULL CHECK (held_by <> ''),
    held_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((cycle_id IS NOT NULL) = (scope = 'cycle')),
    CHECK ((organization_id IS NOT NULL) = (scope = 'office')),
    CHECK ((sha256 IS NOT NULL) = (scope = 'file')),
    CHECK ((from_on IS NOT NULL) = (scope = 'period') AND (to_on IS NOT NULL) = (scope = 'period') AND from_on <= to_on)
);
COMMENT ON TABLE audit.archive_hold IS 'What must not be disposed of although its time is over: inspection, complaint, lawsuit, history.';
COMMENT ON COLUMN audit.archive_hold.hold_id IS 'Surrogate key';
COMMENT ON COLUMN audit.archive_hold.scope IS 'Whether a cycle, an office, a single file or a period is held';
COMMENT ON COLUMN audit.archive_hold.cycle_id IS 'The cycle all of whose files are held';
COMMENT ON COLUMN audit.archive_hold.organization_id IS 'The office of which everything it sent and was sent is held';
COMMENT ON COLUMN audit.archive_hold.sha256 IS 'The file';
COMMENT ON COLUMN audit.archive_hold.from_on IS 'First day of the period: held is all of cycles that report on a day of it, and what was archived in it';
COMMENT ON COLUMN audit.archive_hold.to_on IS 'Last day of the period';
COMMENT ON COLUMN audit.archive_hold.reason IS 'On what ground: number and date of the decision';
COMMENT ON COLUMN audit.archive_hold.held_by IS 'Who holds it';
COMMENT ON COLUMN audit.archive_hold.held_at IS 'When, by the machine''s clock';

CREATE TABLE audit.archive_release (
    hold_id bigint PRIMARY KEY REFERENCES audit.archive_hold,
    reason text NOT NULL CHECK (reason <> ''),
    released_by text NOT NULL CHECK (released_by <> ''),
    released_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE audit.archive_release IS 'Holds that ended.';
COMMENT ON COLUMN audit.archive_release.hold_id IS 'The hold';
COMMENT ON COLUMN audit.archive_release.reason IS 'On what ground';
COMMENT ON COLUMN audit.archive_release.released_by IS 'Who ended it';
COMMENT ON COLUMN audit.archive_release.released_at IS 'When, by the machine''s clock';

CREATE VIEW intake.file_use AS
SELECT f.sha256, 'document' AS kind, d.cycle_id, NULL::bigint AS recipient_id
FROM cycle.document_file f JOIN cycle.document d USING (document_id)
UNION
SELECT g.signed_file_sha256, 'document', d.cycle_id, NULL
FROM cycle.document_registration g JOIN cycle.document d USING (document_id)
UNION
SELECT file_sha256, 'signed_report', cycle_id, recipient_id FROM intake.incoming_document
UNION
SELECT a.raw_sha256, 'signed_report', d.cycle_id, d.recipient_id
FROM intake.incoming_document d JOIN intake.arrival a USING (arrival_id)
UNION
SELECT file_sha256, 'submission', cycle_id, recipient_id FROM intake.submission
UNION
SELECT a.raw_sha256, 'submission', s.cycle_id, s.recipient_id FROM intake.submission s JOIN intake.arrival a USING (arrival_id)
UNION
SELECT a.raw_sha256, 'submission', r.cycle_id, r.recipient_id FROM intake.reply r JOIN intake.arrival a USING (arrival_id)
UNION
SELECT a.raw_sha256, 'submission', s.cycle_id, s.recipient_id  -- the mail that explains a figure
FROM intake.finding f
JOIN intake.submission s USING (submission_id)
JOIN intake.arrival a ON a.arrival_id = f.explanation_arrival_id
UNION
SELECT file_sha256, 'submission', cycle_id, recipient_id FROM intake.attachment WHERE cycle_id IS NOT NULL
UNION
SELECT a.raw_sha256, 'submission', t.cycle_id, t.recipient_id FROM intake.attachment t JOIN intake.arrival a USING (arrival_id)
WHERE t.cycle_id IS NOT NULL
UNION
SELECT t ->> 'sha256', 'sent', m.cycle_id, m.recipient_id
FROM cycle.message m, jsonb_array_elements(m.attachments) t;
COMMENT ON VIEW intake.file_use IS 'What the files of the archive were used for in cycles.';
COMMENT ON COLUMN intake.file_use.sha256 IS 'The file';
COMMENT ON COLUMN intake.file_use.kind IS 'document, signed_report, submission or sent, as include/retention.yaml names the kinds';
COMMENT ON COLUMN intake.file_use.cycle_id IS 'The cycle';
COMMENT ON COLUMN intake.file_use.recipient_id IS 'The office it came from or went to; null for what belongs to the whole cycle';

CREATE VIEW intake.held_file AS
WITH hold AS (
    SELECT h.* FROM audit.archive_hold h
    WHERE NOT EXISTS (SELECT FROM audit.archive_release r WHERE r.hold_id = h.hold_id)
)
SELECT h.sha256, h.hold_id FROM hold h WHERE h.scope = 'file'
UNION
SELECT u.sha256, h.hold_id FROM hold h JOIN intake.file_use u USING (cycle_id) WHERE h.scope = 'cycle'
UNION
SELECT u.sha256, h.hold_id
FROM hold h
JOIN cycle.recipient r USING (organization_id)
JOIN intake.file_use u USING (recipient_id)
WHERE h.scope = 'office'
UNION
SELECT u.sha256, h.hold_id
FROM hold h
JOIN cycle.cycle c ON c.period_from <= h.to_on AND c.period_to >= h.from_on
JOIN intake.file_use u ON u.cycle_id = c.cycle_id
WHERE h.scope = 'period'
UNION
SELECT f.sha256, h.hold_id
FROM hold h
JOIN intake.archived_file f ON cycle.day_in_vietnam(f.archived_at) BETWEEN h.from_on AND h.to_on
WHERE h.scope = 'period';
COMMENT ON VIEW intake.held_file IS 'The files that are held, by each hold that has not ended.';
COMMENT ON COLUMN intake.held_file.sha256 IS 'The file';
COMMENT ON COLUMN intake.held_file.hold_id IS 'The hold';

-- A hold and a disposal never pass each other: whoever comes second waits for the first and then sees it.
CREATE FUNCTION audit.hold_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('reporting.disposal', 0));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit.hold_in_turn IS 'A hold waits for a disposal that is under way.';
CREATE TRIGGER archive_hold_in_turn BEFORE INSERT ON audit.archive_hold
FOR EACH STATEMENT EXECUTE FUNCTION audit.hold_in_turn();

CREATE FUNCTION intake.refuse_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held text;
BEGIN
    IF NOT EXISTS (SELECT FROM changed c JOIN former f USING (sha256)
                   WHERE c.disposed_at IS NOT NULL AND f.disposed_at IS NULL) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('reporting.disposal', 0));
    SELECT h.sha256 INTO held
    FROM intake.held_file h JOIN changed c USING (sha256) JOIN former f USING (sha256)
    WHERE c.disposed_at IS NOT NULL AND f.disposed_at IS NULL
    ORDER BY h.sha256 LIMIT 1;
    IF held IS NOT NULL THEN
        RAISE EXCEPTION 'the file % is held and cannot be disposed of', held
            USING ERRCODE = 'RP001', HINT = '`reporting archive holds` lists the holds.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION intake.refuse_held IS 'No file that is held is disposed of, whoever tries.';
CREATE TRIGGER archived_file_refuse_held AFTER UPDATE ON intake.archived_file
REFERENCING OLD TABLE AS former NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION intake.refuse_held();

-- ---- The watchdog

ALTER TABLE intake.concern DROP CONSTRAINT concern_kind_check;
ALTER TABLE intake.concern ADD CONSTRAINT concern_kind_check CHECK (kind IN (
    'unanswered','unsent','quarantine','silent_channel','unfit_item','no_backup','in_doubt'));
COMMENT ON COLUMN intake.concern.kind IS 'unanswered: a delivery open too long; unsent: an answer queued too long; quarantine: too many or too old; silent_channel: no successful look; unfit_item: a delivery that cannot be collected; no_backup: the newest backup is too old; in_doubt: mails that wait for a decision after a restore';
