CREATE SCHEMA intake;
COMMENT ON SCHEMA intake IS 'What came in, as it came: archived bytes, arrivals, submissions, findings.';

CREATE TABLE intake.archived_file (
    sha256 text PRIMARY KEY,
    byte_count bigint NOT NULL,
    media_type text NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    disposed_at timestamptz,
    disposed_by text,
    disposed_because text,
    removed_at timestamptz,
    CHECK ((disposed_at IS NULL) = (disposed_by IS NULL) AND (disposed_at IS NULL) = (disposed_because IS NULL)),
    CHECK (removed_at IS NULL OR disposed_at IS NOT NULL)
);
COMMENT ON TABLE intake.archived_file IS 'Every file ever received or given out, by content; the bytes lie in the archive and are never rewritten.';
COMMENT ON COLUMN intake.archived_file.sha256 IS 'Content hash';
COMMENT ON COLUMN intake.archived_file.byte_count IS 'Size';
COMMENT ON COLUMN intake.archived_file.media_type IS 'Kind of content, as far as known';
COMMENT ON COLUMN intake.archived_file.archived_at IS 'When it was first archived, or came again after it was disposed of';
COMMENT ON COLUMN intake.archived_file.disposed_at IS 'When it was disposed of, its time of keeping being over; null: it is kept';
COMMENT ON COLUMN intake.archived_file.disposed_by IS 'Who decided that';
COMMENT ON COLUMN intake.archived_file.disposed_because IS 'Why: number and date of the decision';
COMMENT ON COLUMN intake.archived_file.removed_at IS 'When its bytes were removed; null: not yet, or it is kept';

CREATE TABLE intake.channel_look (
    channel text PRIMARY KEY,
    watched_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    looked_at timestamptz,
    failing_since timestamptz,
    problem text,
    is_lasting boolean NOT NULL DEFAULT false,
    CHECK ((failing_since IS NULL) = (problem IS NULL))
);
COMMENT ON TABLE intake.channel_look IS 'When each channel was last looked at, and what keeps it from being looked at.';
COMMENT ON COLUMN intake.channel_look.channel IS 'Its address as configured, without any secret';
COMMENT ON COLUMN intake.channel_look.watched_since IS 'When it was first to be looked at';
COMMENT ON COLUMN intake.channel_look.looked_at IS 'Last successful look, to the half minute, by the machine''s clock; null: none yet';
COMMENT ON COLUMN intake.channel_look.failing_since IS 'First failure since the last successful look; null: it works';
COMMENT ON COLUMN intake.channel_look.problem IS 'What went wrong last; null: it works';
COMMENT ON COLUMN intake.channel_look.is_lasting IS 'Whether a person has to mend it, such as a refused login';

CREATE TABLE intake.channel_item (
    channel text NOT NULL,
    key text NOT NULL,
    collected_at timestamptz,
    problem text,
    is_lasting boolean NOT NULL DEFAULT false,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    try_count integer NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    PRIMARY KEY (channel, key),
    CHECK ((collected_at IS NULL) = (problem IS NOT NULL)),
    CHECK ((problem IS NULL) = (next_try_at IS NULL))
);
COMMENT ON TABLE intake.channel_item IS 'Deliveries that a channel lists although they are collected (it cannot mark them), or that cannot be collected now.';
COMMENT ON COLUMN intake.channel_item.channel IS 'Its address as configured, without any secret';
COMMENT ON COLUMN intake.channel_item.key IS 'Name within the channel';
COMMENT ON COLUMN intake.channel_item.collected_at IS 'When it was collected; null: it could not be';
COMMENT ON COLUMN intake.channel_item.problem IS 'Why it could not be collected; null: it was';
COMMENT ON COLUMN intake.channel_item.is_lasting IS 'Whether a person has to do something, such as raise the limit of size';
COMMENT ON COLUMN intake.channel_item.noted_at IS 'When it was first met';
COMMENT ON COLUMN intake.channel_item.try_count IS 'How often it was tried in vain';
COMMENT ON COLUMN intake.channel_item.next_try_at IS 'When it is tried again';

CREATE TABLE intake.concern (
    concern_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('unanswered','unsent','quarantine','silent_channel','unfit_item')),
    about text NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    detail jsonb NOT NULL,
    cleared_at timestamptz
);
CREATE UNIQUE INDEX concern_open_key ON intake.concern (kind, about) WHERE cleared_at IS NULL;
COMMENT ON TABLE intake.concern IS 'What the watchdog of the intake noticed, once per occurrence: the operator was told of each.';
COMMENT ON COLUMN intake.concern.concern_id IS 'Surrogate key';
COMMENT ON COLUMN intake.concern.kind IS 'unanswered: a delivery open too long; unsent: an answer queued too long; quarantine: too many or too old; silent_channel: no successful look; unfit_item: a delivery that cannot be collected';
COMMENT ON COLUMN intake.concern.about IS 'Which delivery, channel or message';
COMMENT ON COLUMN intake.concern.raised_at IS 'When it was noticed, by the machine''s clock';
COMMENT ON COLUMN intake.concern.detail IS 'What was told: since, count, problem, …';
COMMENT ON COLUMN intake.concern.cleared_at IS 'When it was over; null: it lasts';

CREATE TABLE intake.arrival (
    arrival_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('mail','folder','desk','upload')),
    mode text NOT NULL CHECK (mode IN ('live','rehearsal')),
    raw_sha256 text NOT NULL REFERENCES intake.archived_file,
    channel_key text NOT NULL,
    filename text,
    envelope jsonb NOT NULL DEFAULT '{}',
    from_address text,
    named_code text,
    message_id_header text,
    in_reply_to text,
    subject text,
    sent_at timestamptz,
    received_at timestamptz NOT NULL,
    collected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    handled_at timestamptz,
    outcome text CHECK (outcome IN ('submission','quarantined','duplicate','no_submission','bounce','reply')),
    note text
);
CREATE UNIQUE INDEX arrival_content_key ON intake.arrival (channel, raw_sha256) WHERE channel <> 'folder';
CREATE UNIQUE INDEX arrival_file_key ON intake.arrival (raw_sha256, channel_key) WHERE channel = 'folder';
COMMENT ON TABLE intake.arrival IS 'One delivery through a channel, such as a mail message, archived raw before anything read it.';
COMMENT ON COLUMN intake.arrival.arrival_id IS 'Surrogate key';
COMMENT ON COLUMN intake.arrival.channel IS 'How it came';
COMMENT ON COLUMN intake.arrival.mode IS 'Mode of the channel; only cycles of the same mode can be meant';
COMMENT ON COLUMN intake.arrival.raw_sha256 IS 'The raw message or file';
COMMENT ON COLUMN intake.arrival.channel_key IS 'Name within the channel, such as the Maildir key';
COMMENT ON COLUMN intake.arrival.filename IS 'Name of the file where the delivery is a file; null for a mail';
COMMENT ON COLUMN intake.arrival.envelope IS 'What the channel says of the delivery: Return-Path, To, Cc, Reply-To, Authentication-Results, folder';
COMMENT ON COLUMN intake.arrival.from_address IS 'Sender''s address, lower case';
COMMENT ON COLUMN intake.arrival.named_code IS 'Look-up code that the signature in a workbook names, where the delivery is that workbook itself; null for a mail or without a signature';
COMMENT ON COLUMN intake.arrival.message_id_header IS 'Message-ID of the mail';
COMMENT ON COLUMN intake.arrival.in_reply_to IS 'Message-ID it answers';
COMMENT ON COLUMN intake.arrival.subject IS 'Subject line';
COMMENT ON COLUMN intake.arrival.sent_at IS 'Date that the sender states';
COMMENT ON COLUMN intake.arrival.received_at IS 'When it reached our server';
COMMENT ON COLUMN intake.arrival.collected_at IS 'When it was archived, by the machine''s clock';
COMMENT ON COLUMN intake.arrival.handled_at IS 'When it was answered or put aside; null while there is work';
COMMENT ON COLUMN intake.arrival.outcome IS 'What became of it; reply: an answer in words (intake.reply), no workbook';
COMMENT ON COLUMN intake.arrival.note IS 'Why it was put aside, for the officer';

CREATE TABLE intake.attachment (
    arrival_id bigint NOT NULL REFERENCES intake.arrival,
    position integer NOT NULL,
    file_sha256 text NOT NULL REFERENCES intake.archived_file,
    filename text NOT NULL,
    media_type text NOT NULL,
    inside text,
    role text NOT NULL CHECK (role IN ('workbook','document','picture','archive','other')),
    problem text,
    prose text,
    cycle_id text,
    recipient_id bigint,
    PRIMARY KEY (arrival_id, position),
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id)
);
COMMENT ON TABLE intake.attachment IS 'Every file that came with a delivery, archived by itself: workbooks, the signed report, scans.';
COMMENT ON COLUMN intake.attachment.arrival_id IS 'The delivery';
COMMENT ON COLUMN intake.attachment.position IS 'Order in the delivery, from 1';
COMMENT ON COLUMN intake.attachment.file_sha256 IS 'The file';
COMMENT ON COLUMN intake.attachment.filename IS 'Its name as sent';
COMMENT ON COLUMN intake.attachment.media_type IS 'Kind of content, as declared';
COMMENT ON COLUMN intake.attachment.inside IS 'Name of the archive or attached mail in which it lay; null: it was attached itself';
COMMENT ON COLUMN intake.attachment.role IS 'workbook: checked as an answer; document: docx, pdf, scan; picture: of a signature or logo; archive: zip, rar, 7z, an attached mail; other';
COMMENT ON COLUMN intake.attachment.problem IS 'Why nothing inside it was looked at, and what to do; null otherwise';
COMMENT ON COLUMN intake.attachment.prose IS 'Its text (docx, pdf with text); empty: it has none, such as a scan; null: nobody asked for it yet';
COMMENT ON COLUMN intake.attachment.cycle_id IS 'The cycle of the recipient';
COMMENT ON COLUMN intake.attachment.recipient_id IS 'The recipient it came from; null where nobody can tell';

CREATE TABLE intake.submission (
    submission_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    version integer NOT NULL,
    arrival_id bigint REFERENCES intake.arrival,
    file_sha256 text NOT NULL REFERENCES intake.archived_file,
    filename text NOT NULL,
    sender text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('mail','folder','ministry_entry')),
    entered_for_reason text,
    sent_at timestamptz,
    received_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('accepted','accepted_with_warnings','to_complete','unreadable','duplicate','system_fault')),
    checked_at timestamptz NOT NULL,
    blank_means_no boolean,
    kind text NOT NULL DEFAULT 'official' CHECK (kind IN ('draft','official','adjusted')),
    is_nil boolean NOT NULL DEFAULT false,
    is_partial boolean NOT NULL DEFAULT false,
    missing text[],
    source_rank smallint NOT NULL DEFAULT 3 CHECK (source_rank BETWEEN 1 AND 4),
    difference jsonb,
    revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
    UNIQUE (recipient_id, version),
    UNIQUE (recipient_id, file_sha256),
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id)
);
COMMENT ON TABLE intake.submission IS 'A workbook received from an office (or entered for it), as one version of its answer.';
COMMENT ON COLUMN intake.submission.submission_id IS 'Surrogate key';
COMMENT ON COLUMN intake.submission.cycle_id IS 'The cycle';
COMMENT ON COLUMN intake.submission.recipient_id IS 'The recipient whose answer it is';
COMMENT ON COLUMN intake.submission.version IS 'Number among the recipient''s submissions, from 1';
COMMENT ON COLUMN intake.submission.arrival_id IS 'The delivery it came with; null for entries by the ministry';
COMMENT ON COLUMN intake.submission.file_sha256 IS 'The workbook';
COMMENT ON COLUMN intake.submission.filename IS 'Its name as sent';
COMMENT ON COLUMN intake.submission.sender IS 'Address or user it came from';
COMMENT ON COLUMN intake.submission.channel IS 'How it came';
COMMENT ON COLUMN intake.submission.entered_for_reason IS 'For entries by the ministry: the evidence (call, letter) and who entered it';
COMMENT ON COLUMN intake.submission.sent_at IS 'Date the sender states';
COMMENT ON COLUMN intake.submission.received_at IS 'When it reached us; timeliness counts from the first good-faith delivery';
COMMENT ON COLUMN intake.submission.outcome IS 'Result of the checks';
COMMENT ON COLUMN intake.submission.checked_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN intake.submission.blank_means_no IS 'Whether the sender ticked that blank cells mean "not yet"; null if it could not be read';

COMMENT ON COLUMN intake.submission.kind IS 'What the cover says: draft (sent ahead, never counts), official, adjusted (replaces what was sent before)';
COMMENT ON COLUMN intake.submission.is_nil IS 'Whether the office says that nothing occurred in the period (toàn bộ không phát sinh)';
COMMENT ON COLUMN intake.submission.is_partial IS 'Whether a part of the form is wholly blank and said to follow, and no earlier part brought it';
COMMENT ON COLUMN intake.submission.missing IS 'Of a partial answer: the tables still to come (marks, quantities, sections, codes of open tables); null: none';
COMMENT ON COLUMN intake.submission.source_rank IS 'Who speaks: 1 signed by the committee or ministry, 2 signed by the department, 3 a workbook by itself, 4 a draft';
COMMENT ON COLUMN intake.submission.revision IS 'How often its findings and facts were written: 1, and one more for each replay that changed them';
COMMENT ON COLUMN intake.submission.difference IS 'What differs from the version that counted before: [{label, sheet, cell, before, after}]; null: it is the first';

CREATE TABLE intake.submission_withdrawal (
    submission_id bigint PRIMARY KEY REFERENCES intake.submission,
    reason text NOT NULL,
    asked_by text NOT NULL,
    withdrawn_by text NOT NULL,
    withdrawn_at timestamptz NOT NULL
);
COMMENT ON TABLE intake.submission_withdrawal IS 'Versions that their office took back (Đã rút): they count no more.';
COMMENT ON COLUMN intake.submission_withdrawal.submission_id IS 'The version';
COMMENT ON COLUMN intake.submission_withdrawal.reason IS 'Why';
COMMENT ON COLUMN intake.submission_withdrawal.asked_by IS 'Who asked: name and office, or number and date of the letter';
COMMENT ON COLUMN intake.submission_withdrawal.withdrawn_by IS 'Officer who entered it';
COMMENT ON COLUMN intake.submission_withdrawal.withdrawn_at IS 'When, by the cycle''s clock';

CREATE TABLE intake.conflict (
    conflict_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    standing_submission_id bigint NOT NULL REFERENCES intake.submission,
    other_submission_id bigint NOT NULL REFERENCES intake.submission,
    cells jsonb NOT NULL,
    found_at timestamptz NOT NULL,
    kept_submission_id bigint REFERENCES intake.submission,
    decided_by text,
    decided_at timestamptz,
    reason text,
    UNIQUE (standing_submission_id, other_submission_id),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (kept_submission_id IS NULL)),
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id)
);
COMMENT ON TABLE intake.conflict IS 'Two accepted files for one office from sources of one rank that say different things; an officer decides which counts.';
COMMENT ON COLUMN intake.conflict.conflict_id IS 'Surrogate key';
COMMENT ON COLUMN intake.conflict.cycle_id IS 'The cycle';
COMMENT ON COLUMN intake.conflict.recipient_id IS 'The recipient';
COMMENT ON COLUMN intake.conflict.standing_submission_id IS 'The version that counts until it is decided';
COMMENT ON COLUMN intake.conflict.other_submission_id IS 'The version that contradicts it';
COMMENT ON COLUMN intake.conflict.cells IS 'The cells side by side: [{label, sheet, cell, before, after}], before of the standing one';
COMMENT ON COLUMN intake.conflict.found_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN intake.conflict.kept_submission_id IS 'The version that counts by the decision; null: not decided';
COMMENT ON COLUMN intake.conflict.decided_by IS 'Who decided';
COMMENT ON COLUMN intake.conflict.decided_at IS 'When';
COMMENT ON COLUMN intake.conflict.reason IS 'Why';

CREATE TABLE intake.nil_return (
    nil_return_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    obligation_id bigint NOT NULL REFERENCES cycle.obligation,
    basis text NOT NULL,
    entered_by text NOT NULL,
    confirmed_at timestamptz NOT NULL,
    entered_at timestamptz NOT NULL,
    undone_at timestamptz,
    undone_by text,
    undone_because text,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_because IS NULL))
);
CREATE UNIQUE INDEX nil_return_standing_key ON intake.nil_return (obligation_id) WHERE undone_at IS NULL;
COMMENT ON TABLE intake.nil_return IS 'Offices that said without a workbook that nothing occurred in the period (Không phát sinh): they have reported. A workbook that says so is a submission with is_nil.';
COMMENT ON COLUMN intake.nil_return.nil_return_id IS 'Surrogate key';
COMMENT ON COLUMN intake.nil_return.obligation_id IS 'What is thereby answered';
COMMENT ON COLUMN intake.nil_return.basis IS 'On what ground: Văn bản số … ngày …, or who confirmed it and when';
COMMENT ON COLUMN intake.nil_return.entered_by IS 'Officer';
COMMENT ON COLUMN intake.nil_return.confirmed_at IS 'When the office said so; its timeliness counts from it';
COMMENT ON COLUMN intake.nil_return.entered_at IS 'When it was entered, by the cycle''s clock';
COMMENT ON COLUMN intake.nil_return.undone_at IS 'When it was taken back; null: it stands';
COMMENT ON COLUMN intake.nil_return.undone_by IS 'By whom';
COMMENT ON COLUMN intake.nil_return.undone_because IS 'Why';

CREATE TABLE intake.confidential_answer (
    confidential_answer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    reason text NOT NULL,
    received_on date,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL,
    undone_at timestamptz,
    undone_by text,
    undone_because text,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_because IS NULL)),
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id)
);
CREATE UNIQUE INDEX confidential_answer_standing_key ON intake.confidential_answer (recipient_id) WHERE undone_at IS NULL;
COMMENT ON TABLE intake.confidential_answer IS 'Offices that answer by the secret mail (Nhận theo đường văn thư mật): no file and no figure of theirs is taken here.';
COMMENT ON COLUMN intake.confidential_answer.confidential_answer_id IS 'Surrogate key';
COMMENT ON COLUMN intake.confidential_answer.cycle_id IS 'The cycle';
COMMENT ON COLUMN intake.confidential_answer.recipient_id IS 'The office';
COMMENT ON COLUMN intake.confidential_answer.reason IS 'On what ground, without anything of the content';
COMMENT ON COLUMN intake.confidential_answer.received_on IS 'Day on which the secret mail received the answer; null: not yet';
COMMENT ON COLUMN intake.confidential_answer.entered_by IS 'Officer';
COMMENT ON COLUMN intake.confidential_answer.entered_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN intake.confidential_answer.undone_at IS 'When it was taken back; null: it stands';
COMMENT ON COLUMN intake.confidential_answer.undone_by IS 'By whom';
COMMENT ON COLUMN intake.confidential_answer.undone_because IS 'Why';

CREATE TABLE intake.rule_waiver (
    rule_waiver_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule text NOT NULL,
    form_code text,
    organization_id text REFERENCES registry.organization,
    indicator text,
    reason text NOT NULL,
    allowed_by text NOT NULL,
    entered_by text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at timestamptz,
    undone_by text,
    CHECK (valid_to >= valid_from),
    CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
COMMENT ON TABLE intake.rule_waiver IS 'Rules that somebody allowed an office not to meet, until when: a finding under one is noted and asks nothing of the sender.';
COMMENT ON COLUMN intake.rule_waiver.rule_waiver_id IS 'Surrogate key';
COMMENT ON COLUMN intake.rule_waiver.rule IS 'The rule, such as mark_has_evidence';
COMMENT ON COLUMN intake.rule_waiver.form_code IS 'The form; null: every form';
COMMENT ON COLUMN intake.rule_waiver.organization_id IS 'The office; null: every office';
COMMENT ON COLUMN intake.rule_waiver.indicator IS 'The indicator; null: every indicator';
COMMENT ON COLUMN intake.rule_waiver.reason IS 'Why';
COMMENT ON COLUMN intake.rule_waiver.allowed_by IS 'Who allowed it';
COMMENT ON COLUMN intake.rule_waiver.entered_by IS 'Who entered it';
COMMENT ON COLUMN intake.rule_waiver.valid_from IS 'First day, by the clock of the cycle';
COMMENT ON COLUMN intake.rule_waiver.valid_to IS 'Last day';
COMMENT ON COLUMN intake.rule_waiver.entered_at IS 'When it was entered';
COMMENT ON COLUMN intake.rule_waiver.undone_at IS 'When it was taken back; null: it stands';
COMMENT ON COLUMN intake.rule_waiver.undone_by IS 'By whom';

CREATE TABLE intake.finding (
    submission_id bigint NOT NULL REFERENCES intake.submission,
    position integer NOT NULL,
    severity text NOT NULL CHECK (severity IN ('error','warning')),
    stage text NOT NULL CHECK (stage IN ('container','template','identity','cells','form','history')),
    rule text NOT NULL,
    sheet text,
    cell text,
    indicator text,
    value_seen text,
    message text NOT NULL,
    explanation text,
    explanation_arrival_id bigint REFERENCES intake.arrival,
    rule_waiver_id bigint REFERENCES intake.rule_waiver,
    PRIMARY KEY (submission_id, position)
);
CREATE INDEX finding_explanation_arrival_idx ON intake.finding (explanation_arrival_id) WHERE explanation_arrival_id IS NOT NULL;
COMMENT ON TABLE intake.finding IS 'Something in a submission that must be mended (error) or explained (warning).';
COMMENT ON COLUMN intake.finding.submission_id IS 'The submission';
COMMENT ON COLUMN intake.finding.position IS 'Order in which it is shown, worst first, from 1';
COMMENT ON COLUMN intake.finding.severity IS 'error: to be mended; warning: noticed';
COMMENT ON COLUMN intake.finding.stage IS 'Gate that found it';
COMMENT ON COLUMN intake.finding.rule IS 'Rule, such as mark_is_valid';
COMMENT ON COLUMN intake.finding.sheet IS 'Sheet name';
COMMENT ON COLUMN intake.finding.cell IS 'Cell address or range';
COMMENT ON COLUMN intake.finding.indicator IS 'Indicator concerned';
COMMENT ON COLUMN intake.finding.value_seen IS 'What stood there';
COMMENT ON COLUMN intake.finding.message IS 'What the sender reads';
COMMENT ON COLUMN intake.finding.explanation IS 'What the sender gave as the reason, in the workbook or in a reply; null: none';
COMMENT ON COLUMN intake.finding.explanation_arrival_id IS 'The mail in which the explanation came; null: it stands in the workbook, or there is none';
COMMENT ON COLUMN intake.finding.rule_waiver_id IS 'The waiver under which it asks nothing of the sender';

CREATE TABLE intake.incoming_document (
    incoming_document_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    registered_number text NOT NULL,
    document_number text NOT NULL,
    signed_on date NOT NULL,
    sent_on date NOT NULL,
    received_on date NOT NULL,
    signer text NOT NULL,
    capacity text NOT NULL,
    issuer text NOT NULL DEFAULT 'recipient' CHECK (issuer IN ('recipient','department')),
    issuer_id text REFERENCES registry.organization,
    authorisation text,
    filename text,
    file_sha256 text REFERENCES intake.archived_file,
    arrival_id bigint,
    attachment_position integer,
    prose text,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL,
    UNIQUE (cycle_id, registered_number),
    CHECK (issuer_id IS NULL OR issuer = 'department'),
    FOREIGN KEY (arrival_id, attachment_position) REFERENCES intake.attachment (arrival_id, position),
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id)
);
COMMENT ON TABLE intake.incoming_document IS 'A signed report (or other document) that came by the document axis or post and was registered by the records desk.';
COMMENT ON COLUMN intake.incoming_document.incoming_document_id IS 'Surrogate key';
COMMENT ON COLUMN intake.incoming_document.cycle_id IS 'The cycle';
COMMENT ON COLUMN intake.incoming_document.recipient_id IS 'The recipient who owed it';
COMMENT ON COLUMN intake.incoming_document.registered_number IS 'Number in the register of incoming documents';
COMMENT ON COLUMN intake.incoming_document.document_number IS 'Number and symbol given by the sender';
COMMENT ON COLUMN intake.incoming_document.signed_on IS 'Date of the document';
COMMENT ON COLUMN intake.incoming_document.sent_on IS 'Date it was sent';
COMMENT ON COLUMN intake.incoming_document.received_on IS 'Date it arrived';
COMMENT ON COLUMN intake.incoming_document.signer IS 'Who signed';
COMMENT ON COLUMN intake.incoming_document.capacity IS 'TM., KT., TL., TUQ., Q., or GĐ';
COMMENT ON COLUMN intake.incoming_document.issuer IS 'recipient: who owes it signed; department: a department answered for its committee, whose own signed report is still awaited';
COMMENT ON COLUMN intake.incoming_document.issuer_id IS 'The department, where it is known which';
COMMENT ON COLUMN intake.incoming_document.authorisation IS 'Number and date of the authorisation under which it was signed (TUQ.); null otherwise';
COMMENT ON COLUMN intake.incoming_document.filename IS 'Name of the scan';
COMMENT ON COLUMN intake.incoming_document.file_sha256 IS 'The scan';
COMMENT ON COLUMN intake.incoming_document.arrival_id IS 'The delivery with which its file had come by mail before; null otherwise';
COMMENT ON COLUMN intake.incoming_document.attachment_position IS 'Which file of that delivery';
COMMENT ON COLUMN intake.incoming_document.prose IS 'Its text (docx, pdf with text); empty: it has none, such as a scan; null: nobody asked for it yet';
COMMENT ON COLUMN intake.incoming_document.entered_by IS 'User';
COMMENT ON COLUMN intake.incoming_document.entered_at IS 'When, by the cycle''s clock';

CREATE TABLE intake.document_answer (
    incoming_document_id bigint NOT NULL REFERENCES intake.incoming_document,
    recipient_id bigint NOT NULL,
    deliverable text NOT NULL,
    PRIMARY KEY (incoming_document_id, recipient_id, deliverable),
    FOREIGN KEY (recipient_id, deliverable) REFERENCES cycle.obligation (recipient_id, deliverable)
);
COMMENT ON TABLE intake.document_answer IS 'Which obligations an incoming document answers: a report may bring the proposals with it.';
COMMENT ON COLUMN intake.document_answer.incoming_document_id IS 'The document';
COMMENT ON COLUMN intake.document_answer.recipient_id IS 'Whose obligation';
COMMENT ON COLUMN intake.document_answer.deliverable IS 'What it answers';

CREATE TABLE intake.reply (
    reply_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    arrival_id bigint REFERENCES intake.arrival,
    body text NOT NULL,
    received_at timestamptz NOT NULL,
    entered_by text NOT NULL,
    UNIQUE (arrival_id),
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id)
);
COMMENT ON TABLE intake.reply IS 'An answer in words, by mail or entered by an officer, to a cycle that asks for one.';
COMMENT ON COLUMN intake.reply.reply_id IS 'Surrogate key';
COMMENT ON COLUMN intake.reply.cycle_id IS 'The cycle';
COMMENT ON COLUMN intake.reply.recipient_id IS 'Who answered';
COMMENT ON COLUMN intake.reply.arrival_id IS 'The mail; null when an officer entered it';
COMMENT ON COLUMN intake.reply.body IS 'The text of the answer, without what it quotes where that could be told';
COMMENT ON COLUMN intake.reply.received_at IS 'When it reached us, by the cycle''s clock';
COMMENT ON COLUMN intake.reply.entered_by IS 'submission_intake, or the officer';

CREATE TABLE intake.cover_field (
    submission_id bigint NOT NULL REFERENCES intake.submission,
    field text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (submission_id, field)
);
COMMENT ON TABLE intake.cover_field IS 'What the cover of an accepted workbook says of the focal point; a ticked change waits for an officer to confirm it.';
COMMENT ON COLUMN intake.cover_field.submission_id IS 'The submission';
COMMENT ON COLUMN intake.cover_field.field IS 'contact_name, contact_position, contact_department, contact_phone, contact_email, contact_changed; report_number: the signed report that it says it comes with';
COMMENT ON COLUMN intake.cover_field.value IS 'As the office wrote it; contact_changed: the tick';

CREATE TABLE intake.replay (
    replay_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    reason text NOT NULL,
    rules_hash text NOT NULL,
    started_by text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    checked_count integer NOT NULL,
    applied_by text,
    applied_at timestamptz,
    CHECK ((applied_at IS NULL) = (applied_by IS NULL))
);
COMMENT ON TABLE intake.replay IS 'All gates run again over what a cycle received, after a rule changed: first as a report, then, if somebody says so, for good.';
COMMENT ON COLUMN intake.replay.replay_id IS 'Surrogate key';
COMMENT ON COLUMN intake.replay.cycle_id IS 'The cycle';
COMMENT ON COLUMN intake.replay.reason IS 'Why';
COMMENT ON COLUMN intake.replay.rules_hash IS 'Content hash of the rules by which it was checked again';
COMMENT ON COLUMN intake.replay.started_by IS 'Who asked for it';
COMMENT ON COLUMN intake.replay.started_at IS 'When';
COMMENT ON COLUMN intake.replay.checked_count IS 'How many versions were checked';
COMMENT ON COLUMN intake.replay.applied_by IS 'Who made it hold; null: it was only a report';
COMMENT ON COLUMN intake.replay.applied_at IS 'When';

CREATE TABLE intake.replay_change (
    replay_id bigint NOT NULL REFERENCES intake.replay,
    submission_id bigint NOT NULL REFERENCES intake.submission,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    applied_at timestamptz,
    PRIMARY KEY (replay_id, submission_id)
);
COMMENT ON TABLE intake.replay_change IS 'What a replay would change (or changed) of one version.';
COMMENT ON COLUMN intake.replay_change.replay_id IS 'The replay';
COMMENT ON COLUMN intake.replay_change.submission_id IS 'The version';
COMMENT ON COLUMN intake.replay_change.before IS '{outcome, findings, facts, rows, texts, …} as they stood';
COMMENT ON COLUMN intake.replay_change.after IS '{outcome, findings, facts, rows, texts, …} as the rules now have them; question: a person must decide';
COMMENT ON COLUMN intake.replay_change.applied_at IS 'When it was made to hold; null: it was not';
