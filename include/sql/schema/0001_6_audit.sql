CREATE SCHEMA audit;
COMMENT ON SCHEMA audit IS 'What happened, who did it and when; append only.';

CREATE TABLE audit.event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text REFERENCES cycle.cycle,
    recipient_id bigint REFERENCES cycle.recipient,
    kind text NOT NULL,
    actor text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    detail jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE audit.event IS 'Append-only log of everything that happened in cycles.';
COMMENT ON COLUMN audit.event.event_id IS 'Surrogate key';
COMMENT ON COLUMN audit.event.cycle_id IS 'The cycle; null for events of the installation';
COMMENT ON COLUMN audit.event.recipient_id IS 'The recipient concerned';
COMMENT ON COLUMN audit.event.kind IS 'What happened, such as cycle_opened, submission_checked, milestone_done';
COMMENT ON COLUMN audit.event.actor IS 'User, or the task that did it';
COMMENT ON COLUMN audit.event.occurred_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN audit.event.recorded_at IS 'When it was written, by the machine''s clock';
COMMENT ON COLUMN audit.event.detail IS 'Particulars';

CREATE TABLE audit.alert (
    alert_key text PRIMARY KEY,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    subject text NOT NULL,
    body text NOT NULL,
    sent_at timestamptz
);
COMMENT ON TABLE audit.alert IS 'What the operator was told; once per key.';
COMMENT ON COLUMN audit.alert.alert_key IS 'What it is about: DAG, task, run or day';
COMMENT ON COLUMN audit.alert.raised_at IS 'When, by the machine''s clock';
COMMENT ON COLUMN audit.alert.subject IS 'Subject of the mail';
COMMENT ON COLUMN audit.alert.body IS 'Text of the mail';
COMMENT ON COLUMN audit.alert.sent_at IS 'When it was sent; null when no address is configured or the mail server was down';

CREATE TABLE audit.digest (
    day date PRIMARY KEY,
    address text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at timestamptz
);
COMMENT ON TABLE audit.digest IS 'The daily digest to the officer in charge; one per working day, none when there is nothing to say.';
COMMENT ON COLUMN audit.digest.day IS 'The working day, in Viet Nam';
COMMENT ON COLUMN audit.digest.address IS 'To whom';
COMMENT ON COLUMN audit.digest.subject IS 'Subject of the mail';
COMMENT ON COLUMN audit.digest.body IS 'Text of the mail';
COMMENT ON COLUMN audit.digest.made_at IS 'When it was put together, by the machine''s clock';
COMMENT ON COLUMN audit.digest.sent_at IS 'When it was sent; null while the mail server is down, and for good once the day is over';
