CREATE SCHEMA intake;
COMMENT ON SCHEMA intake IS 'What came in, as it came: archived bytes, arrivals, submissions, findings.';

CREATE TABLE intake.archived_file (
    sha256 text PRIMARY KEY,
    byte_count bigint NOT NULL,
    media_type text NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE intake.archived_file IS 'Every file ever received or given out, by content; the bytes lie in the archive and are never rewritten.';
COMMENT ON COLUMN intake.archived_file.sha256 IS 'Content hash';
COMMENT ON COLUMN intake.archived_file.byte_count IS 'Size';
COMMENT ON COLUMN intake.archived_file.media_type IS 'Kind of content, as far as known';
COMMENT ON COLUMN intake.archived_file.archived_at IS 'When it was first archived';

CREATE TABLE intake.arrival (
    arrival_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('mail','folder','desk')),
    mode text NOT NULL CHECK (mode IN ('live','rehearsal')),
    raw_sha256 text NOT NULL REFERENCES intake.archived_file,
    channel_key text NOT NULL,
    from_address text,
    message_id_header text,
    in_reply_to text,
    subject text,
    sent_at timestamptz,
    received_at timestamptz NOT NULL,
    collected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    handled_at timestamptz,
    outcome text CHECK (outcome IN ('submission','quarantined','duplicate','no_submission','bounce','reply')),
    note text,
    UNIQUE (channel, raw_sha256)
);
COMMENT ON TABLE intake.arrival IS 'One delivery through a channel, such as a mail message, archived raw before anything read it.';
COMMENT ON COLUMN intake.arrival.arrival_id IS 'Surrogate key';
COMMENT ON COLUMN intake.arrival.channel IS 'How it came';
COMMENT ON COLUMN intake.arrival.mode IS 'Mode of the channel; only cycles of the same mode can be meant';
COMMENT ON COLUMN intake.arrival.raw_sha256 IS 'The raw message or file';
COMMENT ON COLUMN intake.arrival.channel_key IS 'Name within the channel, such as the Maildir key';
COMMENT ON COLUMN intake.arrival.from_address IS 'Sender''s address, lower case';
COMMENT ON COLUMN intake.arrival.message_id_header IS 'Message-ID of the mail';
COMMENT ON COLUMN intake.arrival.in_reply_to IS 'Message-ID it answers';
COMMENT ON COLUMN intake.arrival.subject IS 'Subject line';
COMMENT ON COLUMN intake.arrival.sent_at IS 'Date that the sender states';
COMMENT ON COLUMN intake.arrival.received_at IS 'When it reached our server';
COMMENT ON COLUMN intake.arrival.collected_at IS 'When it was archived, by the machine''s clock';
COMMENT ON COLUMN intake.arrival.handled_at IS 'When it was answered or put aside; null while there is work';
COMMENT ON COLUMN intake.arrival.outcome IS 'What became of it; reply: an answer in words (intake.reply), no workbook';
COMMENT ON COLUMN intake.arrival.note IS 'Why it was put aside, for the officer';

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

CREATE TABLE intake.finding (
    submission_id bigint NOT NULL REFERENCES intake.submission,
    position integer NOT NULL,
    severity text NOT NULL CHECK (severity IN ('error','warning')),
    stage text NOT NULL CHECK (stage IN ('container','template','identity','cells','form')),
    rule text NOT NULL,
    sheet text,
    cell text,
    indicator text,
    value_seen text,
    message text NOT NULL,
    PRIMARY KEY (submission_id, position)
);
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
    filename text,
    file_sha256 text REFERENCES intake.archived_file,
    entered_by text NOT NULL,
    entered_at timestamptz NOT NULL,
    UNIQUE (cycle_id, registered_number),
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
COMMENT ON COLUMN intake.incoming_document.capacity IS 'TM., KT., TL., TUQ., or GĐ';
COMMENT ON COLUMN intake.incoming_document.filename IS 'Name of the scan';
COMMENT ON COLUMN intake.incoming_document.file_sha256 IS 'The scan';
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
COMMENT ON COLUMN intake.cover_field.field IS 'contact_name, contact_position, contact_department, contact_phone, contact_email, contact_changed';
COMMENT ON COLUMN intake.cover_field.value IS 'As the office wrote it; contact_changed: the tick';
