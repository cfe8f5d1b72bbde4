CREATE SCHEMA cycle;
COMMENT ON SCHEMA cycle IS 'What was asked, when and of whom: cycles, recipients, obligations, documents, messages.';

CREATE TABLE cycle.clock (
    clock_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('wall','simulated')),
    now_at timestamptz,
    is_conducted boolean NOT NULL DEFAULT false,
    keeps_mail boolean NOT NULL DEFAULT false,
    CHECK ((kind = 'simulated') = (now_at IS NOT NULL)),
    CHECK (kind = 'simulated' OR NOT (is_conducted OR keeps_mail))
);
COMMENT ON TABLE cycle.clock IS 'The clocks by which cycles run; the only source of the present moment.';
COMMENT ON COLUMN cycle.clock.clock_id IS 'wall, rehearsal:<cycle>, or a name that several rehearsals share';
COMMENT ON COLUMN cycle.clock.kind IS 'wall: the machine''s clock; simulated: stands at now_at until it is stepped';
COMMENT ON COLUMN cycle.clock.now_at IS 'Present moment of a simulated clock; null for the wall clock';
COMMENT ON COLUMN cycle.clock.is_conducted IS 'Whether one process carries its cycles through by itself; no Airflow run is started for them';
COMMENT ON COLUMN cycle.clock.keeps_mail IS 'Whether the mail of its cycles is only written into the ledger and never handed to a server';

CREATE TABLE cycle.form_version (
    form_code text NOT NULL,
    version text NOT NULL,
    content jsonb NOT NULL,
    content_hash text NOT NULL,
    frozen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (form_code, version)
);
COMMENT ON TABLE cycle.form_version IS 'A version of a form, frozen once used.';
COMMENT ON COLUMN cycle.form_version.form_code IS 'Code of the form';
COMMENT ON COLUMN cycle.form_version.version IS 'Version, such as 2012.1';
COMMENT ON COLUMN cycle.form_version.content IS 'The form''s YAML as data';
COMMENT ON COLUMN cycle.form_version.content_hash IS 'SHA-256 of the canonical JSON';
COMMENT ON COLUMN cycle.form_version.frozen_at IS 'When it was first used';

CREATE TABLE cycle.cycle (
    cycle_id text PRIMARY KEY,
    regime text NOT NULL,
    period text NOT NULL,
    title text NOT NULL,
    subject text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('live','rehearsal')),
    clock_id text NOT NULL REFERENCES cycle.clock,
    regime_content jsonb NOT NULL,
    form_code text,
    form_version text,
    period_from date NOT NULL,
    period_to date NOT NULL,
    cutoff_on date NOT NULL,
    request_on date NOT NULL,
    deadline_phrase text NOT NULL,
    due_at timestamptz,
    is_reconstruction boolean NOT NULL DEFAULT false,
    stated_figures text,
    opened_late_because text,
    kind text NOT NULL DEFAULT 'thematic' CHECK (kind IN ('periodic','thematic','ad_hoc','question')),
    asked_by text NOT NULL DEFAULT 'letter' CHECK (asked_by IN ('letter','instrument','mail')),
    parent_cycle_id text REFERENCES cycle.cycle,
    officer text,
    upstream_due_on date,
    CHECK ((form_code IS NULL) = (form_version IS NULL)),
    CHECK ((kind = 'question') <= (parent_cycle_id IS NOT NULL)),
    FOREIGN KEY (form_code, form_version) REFERENCES cycle.form_version
);
COMMENT ON TABLE cycle.cycle IS 'One reporting cycle: a directive carried out for a period.';
COMMENT ON COLUMN cycle.cycle.cycle_id IS 'Readable id, also the id of its Airflow run: <regime>__<period>';
COMMENT ON COLUMN cycle.cycle.regime IS 'Code of the regime, or ad_hoc';
COMMENT ON COLUMN cycle.cycle.period IS 'Code of the period, such as 2011_2012';
COMMENT ON COLUMN cycle.cycle.title IS 'Name of the report asked for ({ten_bc} in letters)';
COMMENT ON COLUMN cycle.cycle.subject IS 'V/v line of the request';
COMMENT ON COLUMN cycle.cycle.mode IS 'A rehearsal''s mail cannot leave the capture server';
COMMENT ON COLUMN cycle.cycle.clock_id IS 'The clock this cycle runs by';
COMMENT ON COLUMN cycle.cycle.regime_content IS 'The regime''s YAML at opening, frozen';
COMMENT ON COLUMN cycle.cycle.form_code IS 'Form of the data deliverable; null when no data form is asked for';
COMMENT ON COLUMN cycle.cycle.form_version IS 'Its version';
COMMENT ON COLUMN cycle.cycle.period_from IS 'First day of the data period';
COMMENT ON COLUMN cycle.cycle.period_to IS 'Last day of the data period';
COMMENT ON COLUMN cycle.cycle.cutoff_on IS 'Last day whose data count';
COMMENT ON COLUMN cycle.cycle.request_on IS 'Planned date of the request letter';
COMMENT ON COLUMN cycle.cycle.deadline_phrase IS 'The deadline in words, as in the letter: đến hết ngày 31/12/2012; empty when no day is fixed';
COMMENT ON COLUMN cycle.cycle.due_at IS 'First instant that is late; obligations may have their own. Null when no day is fixed';
COMMENT ON COLUMN cycle.cycle.is_reconstruction IS 'True when the request is our reconstruction of a historical one';
COMMENT ON COLUMN cycle.cycle.stated_figures IS 'Data file with figures stated elsewhere that the consolidation is compared with; null: none';
COMMENT ON COLUMN cycle.cycle.opened_late_because IS 'Why the cycle was opened after its planned day; null when on time';
COMMENT ON COLUMN cycle.cycle.kind IS 'periodic: by a promulgated regime; thematic or ad_hoc: on request; question: a follow-up question to chosen offices of another cycle';
COMMENT ON COLUMN cycle.cycle.asked_by IS 'letter: by a numbered letter; instrument: the promulgated instrument asks, mail only tells of the opening; mail: by e-mail after approval';
COMMENT ON COLUMN cycle.cycle.parent_cycle_id IS 'The cycle that this one follows or asks about';
COMMENT ON COLUMN cycle.cycle.officer IS 'The officer in charge, as entered in the form that opened it';
COMMENT ON COLUMN cycle.cycle.upstream_due_on IS 'Day by which the ministry itself must report; null when none is set';

CREATE TABLE cycle.deliverable (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    deliverable text NOT NULL,
    label text NOT NULL,
    position integer NOT NULL,
    kind text NOT NULL DEFAULT 'document' CHECK (kind IN ('document','data_form','reply','task')),
    is_opt_in boolean NOT NULL DEFAULT false,
    frequency text,
    PRIMARY KEY (cycle_id, deliverable)
);
COMMENT ON TABLE cycle.deliverable IS 'What a cycle asks for: a signed report, a data form.';
COMMENT ON COLUMN cycle.deliverable.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.deliverable.deliverable IS 'Code: signed_report, data_form, plan …';
COMMENT ON COLUMN cycle.deliverable.label IS 'Name in letters and mails';
COMMENT ON COLUMN cycle.deliverable.position IS 'Order in lists';
COMMENT ON COLUMN cycle.deliverable.kind IS 'document: a signed document, registered at the records desk; data_form: the workbook; reply: an answer by mail; task: to be done, nothing is owed to the ministry';
COMMENT ON COLUMN cycle.deliverable.is_opt_in IS 'Whether an office may choose to give it; it is never outstanding';
COMMENT ON COLUMN cycle.deliverable.frequency IS 'How often the task is done (month); null: once';

CREATE TABLE cycle.recipient (
    recipient_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    organization_id text NOT NULL REFERENCES registry.organization,
    group_code text NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    short_name text NOT NULL,
    role text NOT NULL CHECK (role IN ('owes','copied')),
    reference_code text NOT NULL UNIQUE,
    UNIQUE (cycle_id, organization_id),
    UNIQUE (cycle_id, recipient_id)
);
COMMENT ON TABLE cycle.recipient IS 'An office addressed in a cycle, with the name it had on that day.';
COMMENT ON COLUMN cycle.recipient.recipient_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.recipient.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.recipient.organization_id IS 'The office';
COMMENT ON COLUMN cycle.recipient.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN cycle.recipient.position IS 'Place in the list of addressees, from 1';
COMMENT ON COLUMN cycle.recipient.name IS 'Official name on the day of the request';
COMMENT ON COLUMN cycle.recipient.short_name IS 'Short name on that day';
COMMENT ON COLUMN cycle.recipient.role IS 'owes: must report; copied: for information only';
COMMENT ON COLUMN cycle.recipient.reference_code IS 'Look-up code shown to the office ({ma}), in the subject of every mail';

CREATE TABLE cycle.obligation (
    obligation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    deliverable text NOT NULL,
    due_at timestamptz,
    because text,
    UNIQUE (recipient_id, deliverable),
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id),
    FOREIGN KEY (cycle_id, deliverable) REFERENCES cycle.deliverable
);
COMMENT ON TABLE cycle.obligation IS 'What one recipient owes. Its state is derived from events, never stored.';
COMMENT ON COLUMN cycle.obligation.obligation_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.obligation.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.obligation.recipient_id IS 'The recipient';
COMMENT ON COLUMN cycle.obligation.deliverable IS 'What is owed';
COMMENT ON COLUMN cycle.obligation.due_at IS 'First instant that is late, as first set; null: no fixed day, never overdue';
COMMENT ON COLUMN cycle.obligation.because IS 'The condition by which it is owed, or who added it and why; null: the group owes it';

CREATE TABLE cycle.extension (
    extension_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    obligation_id bigint NOT NULL REFERENCES cycle.obligation,
    due_at timestamptz NOT NULL,
    asked_how text NOT NULL,
    reason text NOT NULL,
    asked_by text NOT NULL DEFAULT '',
    agreed_by text NOT NULL,
    agreed_on date,
    granted_at timestamptz NOT NULL,
    undone_at timestamptz,
    undone_by text,
    undone_because text,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_because IS NULL))
);
COMMENT ON TABLE cycle.extension IS 'A later deadline granted to one obligation; the last one granted that was not undone holds.';
COMMENT ON COLUMN cycle.extension.extension_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.extension.obligation_id IS 'The obligation';
COMMENT ON COLUMN cycle.extension.due_at IS 'The new first late instant';
COMMENT ON COLUMN cycle.extension.asked_how IS 'letter, phone, mail; ministry: the deadline was moved for everybody';
COMMENT ON COLUMN cycle.extension.reason IS 'Why';
COMMENT ON COLUMN cycle.extension.asked_by IS 'Who asked: name and office, or number and date of the letter';
COMMENT ON COLUMN cycle.extension.agreed_by IS 'Who agreed';
COMMENT ON COLUMN cycle.extension.agreed_on IS 'When they agreed';
COMMENT ON COLUMN cycle.extension.granted_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN cycle.extension.undone_at IS 'When it was found to have been entered wrongly; null: it stands';
COMMENT ON COLUMN cycle.extension.undone_by IS 'Who undid it';
COMMENT ON COLUMN cycle.extension.undone_because IS 'Why';

CREATE TABLE cycle.waiver (
    waiver_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    obligation_id bigint NOT NULL REFERENCES cycle.obligation,
    asked_how text NOT NULL,
    asked_by text NOT NULL DEFAULT '',
    reason text NOT NULL,
    agreed_by text NOT NULL,
    agreed_on date,
    granted_at timestamptz NOT NULL,
    undone_at timestamptz,
    undone_by text,
    undone_because text,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_because IS NULL))
);
CREATE UNIQUE INDEX waiver_standing_key ON cycle.waiver (obligation_id) WHERE undone_at IS NULL;
COMMENT ON TABLE cycle.waiver IS 'An obligation that an office was let off (Miễn báo cáo); one that was undone holds no more.';
COMMENT ON COLUMN cycle.waiver.waiver_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.waiver.obligation_id IS 'The obligation';
COMMENT ON COLUMN cycle.waiver.asked_how IS 'letter, phone, mail, ministry';
COMMENT ON COLUMN cycle.waiver.asked_by IS 'Who asked';
COMMENT ON COLUMN cycle.waiver.reason IS 'Why';
COMMENT ON COLUMN cycle.waiver.agreed_by IS 'Who agreed';
COMMENT ON COLUMN cycle.waiver.agreed_on IS 'When they agreed';
COMMENT ON COLUMN cycle.waiver.granted_at IS 'When it was entered, by the cycle''s clock';
COMMENT ON COLUMN cycle.waiver.undone_at IS 'When it was found to have been entered wrongly; null: it stands';
COMMENT ON COLUMN cycle.waiver.undone_by IS 'Who undid it';
COMMENT ON COLUMN cycle.waiver.undone_because IS 'Why';

CREATE TABLE cycle.pause (
    pause_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('disaster','promise','agreement')),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    reason text NOT NULL,
    entered_by text NOT NULL,
    ended_at timestamptz,
    CHECK (until_at > from_at),
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id)
);
COMMENT ON TABLE cycle.pause IS 'A time in which an office is not reminded: a disaster, a promised day, an agreement.';
COMMENT ON COLUMN cycle.pause.pause_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.pause.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.pause.recipient_id IS 'The office; a region''s pause has one row for each of its offices';
COMMENT ON COLUMN cycle.pause.kind IS 'disaster: storm, flood; promise: the office named a day; agreement: for another reason';
COMMENT ON COLUMN cycle.pause.from_at IS 'From when, by the cycle''s clock';
COMMENT ON COLUMN cycle.pause.until_at IS 'Until when; what fell due meanwhile is then sent if it is still due';
COMMENT ON COLUMN cycle.pause.reason IS 'Why, in words';
COMMENT ON COLUMN cycle.pause.entered_by IS 'Who entered it';
COMMENT ON COLUMN cycle.pause.ended_at IS 'When it was ended early; null: it lasts until until_at';

CREATE TABLE cycle.contact_log (
    contact_log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    channel text NOT NULL CHECK (channel IN ('phone','zalo','mail','meeting','letter')),
    spoke_with text NOT NULL,
    summary text NOT NULL,
    promised_on date,
    pause_id bigint REFERENCES cycle.pause,
    logged_by text NOT NULL,
    occurred_at timestamptz NOT NULL,
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id)
);
COMMENT ON TABLE cycle.contact_log IS 'Calls and messages between officers outside this system, and what was promised.';
COMMENT ON COLUMN cycle.contact_log.contact_log_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.contact_log.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.contact_log.recipient_id IS 'The office';
COMMENT ON COLUMN cycle.contact_log.channel IS 'How';
COMMENT ON COLUMN cycle.contact_log.spoke_with IS 'With whom';
COMMENT ON COLUMN cycle.contact_log.summary IS 'What was said';
COMMENT ON COLUMN cycle.contact_log.promised_on IS 'The day that the office named (hẹn ngày); null: none';
COMMENT ON COLUMN cycle.contact_log.pause_id IS 'The pause of reminders that the promise brought';
COMMENT ON COLUMN cycle.contact_log.logged_by IS 'Officer';
COMMENT ON COLUMN cycle.contact_log.occurred_at IS 'When, by the cycle''s clock';

CREATE TABLE cycle.withdrawal (
    cycle_id text PRIMARY KEY REFERENCES cycle.cycle,
    reason text NOT NULL,
    withdrawn_by text NOT NULL,
    withdrawn_at timestamptz NOT NULL
);
COMMENT ON TABLE cycle.withdrawal IS 'Cycles that were called off: nothing more is sent, reminded or reported.';
COMMENT ON COLUMN cycle.withdrawal.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.withdrawal.reason IS 'Why';
COMMENT ON COLUMN cycle.withdrawal.withdrawn_by IS 'Who called it off';
COMMENT ON COLUMN cycle.withdrawal.withdrawn_at IS 'When, by the cycle''s clock';

CREATE TABLE cycle.checklist_override (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    item text NOT NULL,
    finding_hash text NOT NULL,
    reason text NOT NULL,
    overridden_by text NOT NULL,
    overridden_at timestamptz NOT NULL,
    PRIMARY KEY (cycle_id, item, finding_hash)
);
COMMENT ON TABLE cycle.checklist_override IS 'Findings of the check before a launch that a named person let pass.';
COMMENT ON COLUMN cycle.checklist_override.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.checklist_override.item IS 'Item of the checklist, such as no_contact';
COMMENT ON COLUMN cycle.checklist_override.finding_hash IS 'SHA-256 of what was found: an override covers what its author saw, not what is found later';
COMMENT ON COLUMN cycle.checklist_override.reason IS 'Why it may pass';
COMMENT ON COLUMN cycle.checklist_override.overridden_by IS 'Who let it pass';
COMMENT ON COLUMN cycle.checklist_override.overridden_at IS 'When, by the cycle''s clock';

CREATE TABLE cycle.question (
    recipient_id bigint NOT NULL REFERENCES cycle.recipient,
    position integer NOT NULL,
    wording text NOT NULL,
    label text,
    value_seen text,
    sheet text,
    cell text,
    PRIMARY KEY (recipient_id, position)
);
COMMENT ON TABLE cycle.question IS 'What an office is asked to clear up in a question cycle, with the value that stands on record.';
COMMENT ON COLUMN cycle.question.recipient_id IS 'The office, as recipient of the question cycle';
COMMENT ON COLUMN cycle.question.position IS 'Order, from 1';
COMMENT ON COLUMN cycle.question.wording IS 'The question';
COMMENT ON COLUMN cycle.question.label IS 'What the value is of: indicator and year; null for a question about no single value';
COMMENT ON COLUMN cycle.question.value_seen IS 'The value on record, as the office gave it';
COMMENT ON COLUMN cycle.question.sheet IS 'Sheet of the office''s workbook where it stands';
COMMENT ON COLUMN cycle.question.cell IS 'Cell';

CREATE TABLE cycle.milestone (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    step text NOT NULL,
    due_at timestamptz NOT NULL,
    is_reminder boolean NOT NULL DEFAULT false,
    offset_working_days integer,
    done_at timestamptz,
    PRIMARY KEY (cycle_id, step)
);
COMMENT ON TABLE cycle.milestone IS 'The plan of a cycle: steps and when they fall due. Waits read it again each time, so that a change takes effect at once.';
COMMENT ON COLUMN cycle.milestone.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.milestone.step IS 'request_letter, issue, reminder__t_minus_7, deadline, urging_letter, urging_issue, escalation_letter, escalation_issue, close, report, publish';
COMMENT ON COLUMN cycle.milestone.due_at IS 'When the step falls due';
COMMENT ON COLUMN cycle.milestone.is_reminder IS 'Whether the step sends reminders';
COMMENT ON COLUMN cycle.milestone.offset_working_days IS 'For reminders: working days from an obligation''s own deadline';
COMMENT ON COLUMN cycle.milestone.done_at IS 'When the step was completed, by the cycle''s clock; null until then';

CREATE TABLE cycle.reminder_plan (
    obligation_id bigint NOT NULL REFERENCES cycle.obligation,
    step text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (obligation_id, step)
);
COMMENT ON TABLE cycle.reminder_plan IS 'When each obligation is to be reminded, from its own deadline; planned again when it is extended.';
COMMENT ON COLUMN cycle.reminder_plan.obligation_id IS 'The obligation';
COMMENT ON COLUMN cycle.reminder_plan.step IS 'Reminder step';
COMMENT ON COLUMN cycle.reminder_plan.due_at IS 'When the reminder falls due, in office hours of a working day';

CREATE TABLE cycle.document (
    document_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    kind text NOT NULL CHECK (kind ~ '^(request_letter|urging_letter|escalation_letter|summary_report(__([2-9]|[1-9][0-9]+))?|supplement_report__[1-9][0-9]*|follow_up_letter|(notice|erratum|replacement|recall)_letter__[1-9][0-9]*)$'),
    title text NOT NULL,
    about_document_id bigint REFERENCES cycle.document,
    is_numbered boolean NOT NULL DEFAULT true,
    content jsonb,
    UNIQUE (cycle_id, kind)
);
COMMENT ON TABLE cycle.document IS 'A document the ministry issues in a cycle.';
COMMENT ON COLUMN cycle.document.document_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.document.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.document.kind IS 'Kind of document; of those that a cycle may have several of, with its number: erratum_letter__1 (đính chính), replacement_letter__1, recall_letter__1, notice_letter__1; summary_report__2 (the second edition), supplement_report__1';
COMMENT ON COLUMN cycle.document.title IS 'What it is about, in Vietnamese';
COMMENT ON COLUMN cycle.document.about_document_id IS 'The document that it corrects, replaces or recalls; the report that a later edition replaces or a supplement adds to; null for the others';
COMMENT ON COLUMN cycle.document.is_numbered IS 'Whether the records office gives it a number; a question by mail has none and goes out when approved';
COMMENT ON COLUMN cycle.document.content IS 'What a person entered for it: paragraphs, offices; why a report is made anew; null for documents made from the regime and the data alone';

CREATE TABLE cycle.document_version (
    document_id bigint NOT NULL REFERENCES cycle.document,
    version integer NOT NULL CHECK (version > 0),
    content_hash text NOT NULL,
    data_hash text NOT NULL,
    body_markdown text NOT NULL,
    source_fingerprint text NOT NULL,
    drafted_at timestamptz NOT NULL,
    PRIMARY KEY (document_id, version)
);
COMMENT ON TABLE cycle.document_version IS 'A draft of a document; its content is bound by its hash.';
COMMENT ON COLUMN cycle.document_version.document_id IS 'The document';
COMMENT ON COLUMN cycle.document_version.version IS 'Number of the draft, from 1';
COMMENT ON COLUMN cycle.document_version.content_hash IS 'SHA-256 over names and hashes of its files';
COMMENT ON COLUMN cycle.document_version.data_hash IS 'SHA-256 of the data it was made from; its approval lapses when the data no longer give this hash';
COMMENT ON COLUMN cycle.document_version.body_markdown IS 'The text as the approver reads it in Airflow';
COMMENT ON COLUMN cycle.document_version.source_fingerprint IS 'What counted when it was made (core.fingerprint_of), empty where it is not bound to data; it is overtaken when something else counts';
COMMENT ON COLUMN cycle.document_version.drafted_at IS 'When it was made, or last compared with the data and found to stand, by the cycle''s clock';

CREATE TABLE cycle.document_basis (
    document_id bigint NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL,
    recipient_id bigint REFERENCES cycle.recipient,
    key text NOT NULL,
    mark text NOT NULL,
    FOREIGN KEY (document_id, version) REFERENCES cycle.document_version
);
CREATE INDEX document_basis_idx ON cycle.document_basis (document_id, version);
COMMENT ON TABLE cycle.document_basis IS 'What counted when a draft of a report or of the letter after it was made (core.basis_of), so that the next one can say what changed since.';
COMMENT ON COLUMN cycle.document_basis.document_id IS 'The document';
COMMENT ON COLUMN cycle.document_basis.version IS 'The draft';
COMMENT ON COLUMN cycle.document_basis.kind IS 'What it is: submission, signed_report, nil_return …';
COMMENT ON COLUMN cycle.document_basis.recipient_id IS 'Whose it is; null: nobody''s, such as a wording of the unit';
COMMENT ON COLUMN cycle.document_basis.key IS 'Which of them, where there may be several: the deliverable, the section';
COMMENT ON COLUMN cycle.document_basis.mark IS 'Changes whenever it says something else';

CREATE TABLE cycle.document_file (
    document_id bigint NOT NULL,
    version integer NOT NULL,
    role text NOT NULL,
    filename text NOT NULL,
    sha256 text NOT NULL,
    PRIMARY KEY (document_id, version, filename),
    FOREIGN KEY (document_id, version) REFERENCES cycle.document_version
);
COMMENT ON TABLE cycle.document_file IS 'The files of a draft, in the archive.';
COMMENT ON COLUMN cycle.document_file.document_id IS 'The document';
COMMENT ON COLUMN cycle.document_file.version IS 'The draft';
COMMENT ON COLUMN cycle.document_file.role IS 'letter, report, appendix, reconciliation, tracking, figures';
COMMENT ON COLUMN cycle.document_file.filename IS 'Name under which it is given out';
COMMENT ON COLUMN cycle.document_file.sha256 IS 'Content hash, key of the archive';

CREATE TABLE cycle.document_figure (
    document_id bigint NOT NULL,
    version integer NOT NULL,
    figure text NOT NULL,
    value numeric NOT NULL,
    section text NOT NULL,
    PRIMARY KEY (document_id, version, figure),
    FOREIGN KEY (document_id, version) REFERENCES cycle.document_version
);
COMMENT ON TABLE cycle.document_figure IS 'The computed figures that stand in the sentences of a report''s draft.';
COMMENT ON COLUMN cycle.document_figure.document_id IS 'The document';
COMMENT ON COLUMN cycle.document_figure.version IS 'The draft';
COMMENT ON COLUMN cycle.document_figure.figure IS 'What it is of: answered, missing, distinct:quy_che, total:quy_che:2011, sum:kinh_phi:2024, previous:sum:kinh_phi:2023 …';
COMMENT ON COLUMN cycle.document_figure.value IS 'The figure, in the unit of its indicator';
COMMENT ON COLUMN cycle.document_figure.section IS 'Code of the section in which it stands first';

CREATE TABLE cycle.document_addressee (
    document_id bigint NOT NULL,
    version integer NOT NULL,
    recipient_id bigint NOT NULL,
    deliverable text NOT NULL,
    new_last_day date NOT NULL,
    PRIMARY KEY (document_id, version, recipient_id, deliverable),
    FOREIGN KEY (document_id, version) REFERENCES cycle.document_version,
    FOREIGN KEY (recipient_id, deliverable) REFERENCES cycle.obligation (recipient_id, deliverable)
);
COMMENT ON TABLE cycle.document_addressee IS 'The list of an urging letter''s draft: who is named in it, for what, and until when it gives time.';
COMMENT ON COLUMN cycle.document_addressee.document_id IS 'The document';
COMMENT ON COLUMN cycle.document_addressee.version IS 'The draft';
COMMENT ON COLUMN cycle.document_addressee.recipient_id IS 'Who is named';
COMMENT ON COLUMN cycle.document_addressee.deliverable IS 'What it still owed when the draft was made';
COMMENT ON COLUMN cycle.document_addressee.new_last_day IS 'The last day that the letter gives; timeliness is still counted by the obligation''s own deadline';

CREATE TABLE cycle.approval_request (
    document_id bigint NOT NULL,
    version integer NOT NULL,
    attempt integer NOT NULL,
    step text NOT NULL,
    run_id text NOT NULL UNIQUE,
    asked_at timestamptz NOT NULL,
    problem text,
    PRIMARY KEY (document_id, version, attempt),
    FOREIGN KEY (document_id, version) REFERENCES cycle.document_version
);
COMMENT ON TABLE cycle.approval_request IS 'A question put to a person: approve a draft, or enter its registration. One Airflow run each.';
COMMENT ON COLUMN cycle.approval_request.document_id IS 'The document';
COMMENT ON COLUMN cycle.approval_request.version IS 'The draft';
COMMENT ON COLUMN cycle.approval_request.attempt IS 'Number of the run that asks, from 1, over all steps';
COMMENT ON COLUMN cycle.approval_request.step IS 'The step of the approval that is asked about (cycle.approval_step); for the registration the last one';
COMMENT ON COLUMN cycle.approval_request.run_id IS 'Airflow run of document_approval';
COMMENT ON COLUMN cycle.approval_request.asked_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN cycle.approval_request.problem IS 'Why the last attempt must be repeated, shown to the person; null at the first';

CREATE TABLE cycle.document_decision (
    document_id bigint NOT NULL,
    version integer NOT NULL,
    step text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('approved','sent_back')),
    reason text,
    content_hash text NOT NULL,
    decided_by text NOT NULL,
    decided_by_id text,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (document_id, version, step),
    FOREIGN KEY (document_id, version) REFERENCES cycle.document_version
);
COMMENT ON TABLE cycle.document_decision IS 'What was decided about a draft at each step of its approval (cycle.approval_step); a new draft begins at the first step again.';
COMMENT ON COLUMN cycle.document_decision.document_id IS 'The document';
COMMENT ON COLUMN cycle.document_decision.version IS 'The draft';
COMMENT ON COLUMN cycle.document_decision.step IS 'The step: unit, leadership';
COMMENT ON COLUMN cycle.document_decision.decision IS 'approved: agreed to be submitted for signature; sent_back: to be redrafted';
COMMENT ON COLUMN cycle.document_decision.reason IS 'Reasons when sent back, as written; those of single sections also stand in document_remark';
COMMENT ON COLUMN cycle.document_decision.content_hash IS 'Hash of what was shown';
COMMENT ON COLUMN cycle.document_decision.decided_by IS 'User who decided';
COMMENT ON COLUMN cycle.document_decision.decided_by_id IS 'The id under which Airflow knows that user, by which people are told apart; null: entered without one';
COMMENT ON COLUMN cycle.document_decision.decided_at IS 'When, by the cycle''s clock';

CREATE TABLE cycle.document_remark (
    remark_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL,
    version integer NOT NULL,
    step text NOT NULL,
    section text NOT NULL,
    remark text NOT NULL,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL,
    UNIQUE (document_id, version, step, section, remark),
    FOREIGN KEY (document_id, version) REFERENCES cycle.document_version
);
COMMENT ON TABLE cycle.document_remark IS 'What is to be mended of a draft that was sent back, section by section.';
COMMENT ON COLUMN cycle.document_remark.remark_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.document_remark.document_id IS 'The document';
COMMENT ON COLUMN cycle.document_remark.version IS 'The draft that was sent back';
COMMENT ON COLUMN cycle.document_remark.step IS 'The step of its approval at which it was sent back';
COMMENT ON COLUMN cycle.document_remark.section IS 'Heading of the section, as the draft has it';
COMMENT ON COLUMN cycle.document_remark.remark IS 'What is to be mended';
COMMENT ON COLUMN cycle.document_remark.entered_by IS 'User who sent it back';
COMMENT ON COLUMN cycle.document_remark.entered_at IS 'When, by the cycle''s clock';

CREATE TABLE cycle.section_text (
    section_text_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    kind text NOT NULL,
    section text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('add','replace')),
    body text NOT NULL CHECK (body <> ''),
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL,
    undone_at timestamptz,
    undone_by text,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
CREATE UNIQUE INDEX section_text_standing_key ON cycle.section_text (cycle_id, kind, section) WHERE undone_at IS NULL;
COMMENT ON TABLE cycle.section_text IS 'The unit''s own wording of a section of a report, added to the generated one or in its place; one stands per section.';
COMMENT ON COLUMN cycle.section_text.section_text_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.section_text.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.section_text.kind IS 'Kind of the report, such as summary_report';
COMMENT ON COLUMN cycle.section_text.section IS 'Code of the section, such as achieved, limits, causes';
COMMENT ON COLUMN cycle.section_text.mode IS 'add: after the generated paragraphs; replace: in their place';
COMMENT ON COLUMN cycle.section_text.body IS 'The paragraphs, one per line';
COMMENT ON COLUMN cycle.section_text.entered_by IS 'Who entered it';
COMMENT ON COLUMN cycle.section_text.entered_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN cycle.section_text.undone_at IS 'When it was taken back, or another one took its place; null: it stands';
COMMENT ON COLUMN cycle.section_text.undone_by IS 'By whom';

CREATE TABLE cycle.document_registration (
    document_id bigint PRIMARY KEY REFERENCES cycle.document,
    version integer NOT NULL,
    number text NOT NULL,
    registered_on date NOT NULL,
    signer text NOT NULL,
    signed_file_name text NOT NULL,
    signed_file_sha256 text NOT NULL,
    text_check text NOT NULL DEFAULT 'unread' CHECK (text_check IN ('same','differs','unread')),
    text_difference text,
    difference_accepted_because text,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL,
    FOREIGN KEY (document_id, version) REFERENCES cycle.document_version
);
COMMENT ON TABLE cycle.document_registration IS 'Number, date and signed file given to a document by the records office; from then on it is what was signed.';
COMMENT ON COLUMN cycle.document_registration.document_id IS 'The document';
COMMENT ON COLUMN cycle.document_registration.version IS 'The approved draft that was signed';
COMMENT ON COLUMN cycle.document_registration.number IS 'Number and symbol, such as 212/BTTTT-TTĐN';
COMMENT ON COLUMN cycle.document_registration.registered_on IS 'Date of the document';
COMMENT ON COLUMN cycle.document_registration.signer IS 'Who signed';
COMMENT ON COLUMN cycle.document_registration.signed_file_name IS 'Name of the signed file';
COMMENT ON COLUMN cycle.document_registration.signed_file_sha256 IS 'Its content hash, key of the archive';
COMMENT ON COLUMN cycle.document_registration.text_check IS 'Whether the signed file says what was approved: same; differs; unread, where it holds no text (a scan, a sample)';
COMMENT ON COLUMN cycle.document_registration.text_difference IS 'Where the signed text differs from the approved one, as shown to the person';
COMMENT ON COLUMN cycle.document_registration.difference_accepted_because IS 'Why a differing or unreadable signed file was accepted';
COMMENT ON COLUMN cycle.document_registration.entered_by IS 'User who entered it';
COMMENT ON COLUMN cycle.document_registration.entered_at IS 'When, by the cycle''s clock';

CREATE TABLE cycle.dispatch (
    dispatch_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES cycle.document,
    recipient_id bigint REFERENCES cycle.recipient,
    addressee text,
    state text NOT NULL CHECK (state IN ('sent','arrived','accepted','refused')),
    occurred_at timestamptz NOT NULL,
    note text,
    source text NOT NULL,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (document_id, recipient_id, addressee, state, occurred_at),
    CHECK ((recipient_id IS NULL) <> (addressee IS NULL))
);
COMMENT ON TABLE cycle.dispatch IS 'How a document fared on the document axis (Trục liên thông), per addressee; append only, the latest occurred_at holds.';
COMMENT ON COLUMN cycle.dispatch.dispatch_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.dispatch.document_id IS 'The document';
COMMENT ON COLUMN cycle.dispatch.recipient_id IS 'The addressee; null where it is not one of the cycle''s offices';
COMMENT ON COLUMN cycle.dispatch.addressee IS 'Name of an addressee that is not one of the cycle''s offices, such as Văn phòng Chính phủ for the report; null for the others';
COMMENT ON COLUMN cycle.dispatch.state IS 'sent: đã gửi; arrived: đã đến; accepted: đã tiếp nhận; refused: từ chối tiếp nhận';
COMMENT ON COLUMN cycle.dispatch.occurred_at IS 'When, as the axis states it';
COMMENT ON COLUMN cycle.dispatch.note IS 'Reason of a refusal, or a remark';
COMMENT ON COLUMN cycle.dispatch.source IS 'Name of the imported file, or: entered by hand';
COMMENT ON COLUMN cycle.dispatch.entered_by IS 'User';
COMMENT ON COLUMN cycle.dispatch.entered_at IS 'When it was entered, by the cycle''s clock';

CREATE TABLE cycle.publication (
    document_id bigint PRIMARY KEY REFERENCES cycle.document,
    version integer NOT NULL,
    content_hash text NOT NULL,
    published_at timestamptz NOT NULL
);
COMMENT ON TABLE cycle.publication IS 'A registered document given out and frozen.';
COMMENT ON COLUMN cycle.publication.document_id IS 'The document';
COMMENT ON COLUMN cycle.publication.version IS 'The version given out';
COMMENT ON COLUMN cycle.publication.content_hash IS 'Hash of its files';
COMMENT ON COLUMN cycle.publication.published_at IS 'When, by the cycle''s clock';

CREATE TABLE cycle.message (
    message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    recipient_id bigint NOT NULL REFERENCES cycle.recipient,
    contact_id bigint NOT NULL REFERENCES registry.contact,
    step text NOT NULL,
    sequence integer NOT NULL DEFAULT 1,
    to_address text NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    body_html text NOT NULL,
    attachments jsonb NOT NULL DEFAULT '[]',
    message_id_header text NOT NULL UNIQUE,
    in_reply_to text,
    dated_at timestamptz NOT NULL,
    when_unknown text NOT NULL CHECK (when_unknown IN ('send_again','leave')),
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued','sending','sent','ambiguous','failed','bounced','withdrawn')),
    attempt_count integer NOT NULL DEFAULT 0,
    claimed_by text,
    claimed_at timestamptz,
    UNIQUE (cycle_id, recipient_id, contact_id, step, sequence)
);
COMMENT ON TABLE cycle.message IS 'The ledger of outgoing mail: what was to be said to whom at which step, once.';
COMMENT ON COLUMN cycle.message.message_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.message.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.message.recipient_id IS 'The recipient';
COMMENT ON COLUMN cycle.message.contact_id IS 'The contact';
COMMENT ON COLUMN cycle.message.step IS 'request, reminder__t_minus_7, urging, receipt, completion_request, system_fault, repeat';
COMMENT ON COLUMN cycle.message.sequence IS 'Distinguishes messages of one step, such as receipts of several submissions';
COMMENT ON COLUMN cycle.message.to_address IS 'Address at the time of queueing';
COMMENT ON COLUMN cycle.message.subject IS 'Subject line';
COMMENT ON COLUMN cycle.message.body_text IS 'Plain text';
COMMENT ON COLUMN cycle.message.body_html IS 'The same as HTML';
COMMENT ON COLUMN cycle.message.attachments IS 'List of {filename, sha256, media_type}, from the archive';
COMMENT ON COLUMN cycle.message.message_id_header IS 'Message-ID, the same for each attempt';
COMMENT ON COLUMN cycle.message.in_reply_to IS 'Message-ID it answers';
COMMENT ON COLUMN cycle.message.dated_at IS 'Date header: when it was queued, by the cycle''s clock';
COMMENT ON COLUMN cycle.message.when_unknown IS 'Policy of the step (include/mail_policies.yaml) when the outcome of a send is unknown. send_again: queued again under the same Message-ID; leave: ambiguous for good';
COMMENT ON COLUMN cycle.message.state IS 'Where the message stands; each change is in message_event. ambiguous: nobody knows whether it arrived and the policy of its step leaves it so; this is an end, like sent, failed, bounced (it came back) and withdrawn';
COMMENT ON COLUMN cycle.message.attempt_count IS 'Sends begun';
COMMENT ON COLUMN cycle.message.claimed_by IS 'Deliverer that is sending it (sending), or that has reserved it for its next sends (queued)';
COMMENT ON COLUMN cycle.message.claimed_at IS 'When it was reserved or its send began, by the machine''s clock';

CREATE TABLE cycle.message_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id bigint NOT NULL REFERENCES cycle.message,
    state text NOT NULL,
    occurred_at timestamptz NOT NULL,
    detail text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE cycle.message_event IS 'Each change of a message''s state.';
COMMENT ON COLUMN cycle.message_event.event_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.message_event.message_id IS 'The message';
COMMENT ON COLUMN cycle.message_event.state IS 'The new state';
COMMENT ON COLUMN cycle.message_event.occurred_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN cycle.message_event.detail IS 'Answer of the server, or why';
COMMENT ON COLUMN cycle.message_event.recorded_at IS 'When it was written, by the machine''s clock';

CREATE TABLE cycle.government_reply (
    reply_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE,
    signed_on date NOT NULL,
    issuer text NOT NULL,
    opinion_of text NOT NULL,
    signer text NOT NULL,
    capacity text NOT NULL,
    subject text NOT NULL,
    opinion text NOT NULL,
    answers_number text,
    answers_on date,
    document_id bigint REFERENCES cycle.document,
    registered_number text,
    received_on date,
    filename text,
    file_sha256 text,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE cycle.government_reply IS 'Answers of the Government (or its office) to the ministry''s reports; their issuer sends them to everyone itself.';
COMMENT ON COLUMN cycle.government_reply.reply_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.government_reply.number IS 'Number and symbol, such as 11062/VPCP-QHQT';
COMMENT ON COLUMN cycle.government_reply.signed_on IS 'Date of the document';
COMMENT ON COLUMN cycle.government_reply.issuer IS 'Who issued it';
COMMENT ON COLUMN cycle.government_reply.opinion_of IS 'Whose opinion it conveys, such as Phó Thủ tướng Chính phủ …';
COMMENT ON COLUMN cycle.government_reply.signer IS 'Who signed';
COMMENT ON COLUMN cycle.government_reply.capacity IS 'In what capacity';
COMMENT ON COLUMN cycle.government_reply.subject IS 'V/v line';
COMMENT ON COLUMN cycle.government_reply.opinion IS 'The opinion on the report';
COMMENT ON COLUMN cycle.government_reply.answers_number IS 'Number of the report it answers, as it cites it';
COMMENT ON COLUMN cycle.government_reply.answers_on IS 'Date of that report';
COMMENT ON COLUMN cycle.government_reply.document_id IS 'That report, where it was made here; null for older ones';
COMMENT ON COLUMN cycle.government_reply.registered_number IS 'Number in the register of incoming documents';
COMMENT ON COLUMN cycle.government_reply.received_on IS 'Date it arrived';
COMMENT ON COLUMN cycle.government_reply.filename IS 'Name of its file';
COMMENT ON COLUMN cycle.government_reply.file_sha256 IS 'Its file, in the archive';
COMMENT ON COLUMN cycle.government_reply.entered_by IS 'User';
COMMENT ON COLUMN cycle.government_reply.entered_at IS 'When, by the machine''s clock';

CREATE TABLE cycle.follow_up_item (
    item_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reply_id bigint REFERENCES cycle.government_reply,
    cycle_id text REFERENCES cycle.cycle,
    position integer NOT NULL,
    wording text NOT NULL,
    owner text NOT NULL,
    due_on date,
    set_by text,
    done_on date,
    outcome text,
    closed_by text,
    CHECK ((reply_id IS NULL) <> (cycle_id IS NULL)),
    UNIQUE (reply_id, position),
    UNIQUE (cycle_id, position)
);
COMMENT ON TABLE cycle.follow_up_item IS 'What is to be followed up months or years later: directions of a reply, stages (reviews after 3, 5, 10 years) that a directive orders.';
COMMENT ON COLUMN cycle.follow_up_item.item_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.follow_up_item.reply_id IS 'The reply that directs it; null for a stage of a directive';
COMMENT ON COLUMN cycle.follow_up_item.cycle_id IS 'The cycle whose directive orders it; null for a direction of a reply';
COMMENT ON COLUMN cycle.follow_up_item.position IS 'Order, from 1';
COMMENT ON COLUMN cycle.follow_up_item.wording IS 'What is to be done';
COMMENT ON COLUMN cycle.follow_up_item.owner IS 'Who is to do it';
COMMENT ON COLUMN cycle.follow_up_item.due_on IS 'By when; null: no day is fixed';
COMMENT ON COLUMN cycle.follow_up_item.set_by IS 'Who gave it this day or owner later; null: they are those of the reply or directive';
COMMENT ON COLUMN cycle.follow_up_item.done_on IS 'When it was done; null: open';
COMMENT ON COLUMN cycle.follow_up_item.outcome IS 'What came of it: the letter, the cycle';
COMMENT ON COLUMN cycle.follow_up_item.closed_by IS 'Who closed it';

CREATE TABLE cycle.follow_up_question (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    section text NOT NULL,
    item_id bigint NOT NULL REFERENCES cycle.follow_up_item,
    PRIMARY KEY (cycle_id, section),
    UNIQUE (cycle_id, item_id)
);
COMMENT ON TABLE cycle.follow_up_question IS 'Which section of a cycle''s form asks about which direction that is to be followed up.';
COMMENT ON COLUMN cycle.follow_up_question.cycle_id IS 'The cycle that asks';
COMMENT ON COLUMN cycle.follow_up_question.section IS 'Code of the section of its form';
COMMENT ON COLUMN cycle.follow_up_question.item_id IS 'The direction';

CREATE TABLE cycle.switch (
    name text PRIMARY KEY,
    is_on boolean NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text
);
COMMENT ON TABLE cycle.switch IS 'Switches an operator can throw.';
COMMENT ON COLUMN cycle.switch.name IS 'mail_stopped';
COMMENT ON COLUMN cycle.switch.is_on IS 'Position';
COMMENT ON COLUMN cycle.switch.changed_by IS 'Who threw it';
COMMENT ON COLUMN cycle.switch.changed_at IS 'When';
COMMENT ON COLUMN cycle.switch.reason IS 'Why';
