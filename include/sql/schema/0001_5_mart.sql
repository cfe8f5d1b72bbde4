CREATE SCHEMA mart;
COMMENT ON SCHEMA mart IS 'Tables for analysts, refreshed per cycle.';

CREATE TABLE mart.tracking (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    position integer NOT NULL,
    organization_id text NOT NULL,
    short_name text NOT NULL,
    indicator text NOT NULL,
    year integer NOT NULL,
    state text,
    is_marked boolean,
    document_number text,
    document_on date,
    submission_id bigint,
    sheet text,
    cell text,
    PRIMARY KEY (cycle_id, organization_id, indicator, year)
);
COMMENT ON TABLE mart.tracking IS 'The tracking table of a cycle: one row per recipient, indicator and year. Refreshed by include/sql/marts/1_tracking.sql.';
COMMENT ON COLUMN mart.tracking.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.tracking.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.tracking.organization_id IS 'The office';
COMMENT ON COLUMN mart.tracking.short_name IS 'Its name on that day';
COMMENT ON COLUMN mart.tracking.indicator IS 'Indicator';
COMMENT ON COLUMN mart.tracking.year IS 'Year';
COMMENT ON COLUMN mart.tracking.state IS 'yes, no, not_applicable as reported; null when nothing was accepted of it';
COMMENT ON COLUMN mart.tracking.is_marked IS 'True or false as reported; null when nothing was accepted';
COMMENT ON COLUMN mart.tracking.document_number IS 'Evidence';
COMMENT ON COLUMN mart.tracking.document_on IS 'Evidence';
COMMENT ON COLUMN mart.tracking.submission_id IS 'The submission behind it';
COMMENT ON COLUMN mart.tracking.sheet IS 'Sheet';
COMMENT ON COLUMN mart.tracking.cell IS 'Cell';

CREATE TABLE mart.indicator_total (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    indicator text NOT NULL,
    year integer NOT NULL,
    office_count integer NOT NULL,
    PRIMARY KEY (cycle_id, indicator, year)
);
COMMENT ON TABLE mart.indicator_total IS 'Number of offices per indicator and year.';
COMMENT ON COLUMN mart.indicator_total.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.indicator_total.indicator IS 'Indicator';
COMMENT ON COLUMN mart.indicator_total.year IS 'Year';
COMMENT ON COLUMN mart.indicator_total.office_count IS 'Offices that reported the mark';

CREATE TABLE mart.indicator_distinct (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    indicator text NOT NULL,
    office_count integer NOT NULL,
    PRIMARY KEY (cycle_id, indicator)
);
COMMENT ON TABLE mart.indicator_distinct IS 'Number of distinct offices per indicator over all years of the cycle.';
COMMENT ON COLUMN mart.indicator_distinct.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.indicator_distinct.indicator IS 'Indicator';
COMMENT ON COLUMN mart.indicator_distinct.office_count IS 'Distinct offices with at least one mark';

CREATE TABLE mart.recipient_status (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    recipient_id bigint NOT NULL REFERENCES cycle.recipient,
    position integer NOT NULL,
    short_name text NOT NULL,
    data_form_state text NOT NULL,
    signed_report_state text,
    first_received_at timestamptz,
    accepted_at timestamptz,
    timeliness text NOT NULL,
    days_late integer,
    submission_count integer NOT NULL,
    completion_request_count integer NOT NULL,
    reminder_count integer NOT NULL,
    is_entered_by_ministry boolean NOT NULL,
    PRIMARY KEY (cycle_id, recipient_id)
);
COMMENT ON TABLE mart.recipient_status IS 'How each recipient answered: when, in what order, after how many reminders.';
COMMENT ON COLUMN mart.recipient_status.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.recipient_status.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.recipient_status.position IS 'Place in the list';
COMMENT ON COLUMN mart.recipient_status.short_name IS 'Name';
COMMENT ON COLUMN mart.recipient_status.data_form_state IS 'State of the workbook obligation (codes of cycle.obligation_status)';
COMMENT ON COLUMN mart.recipient_status.signed_report_state IS 'State of the signed-report obligation; null when none is owed';
COMMENT ON COLUMN mart.recipient_status.first_received_at IS 'First good-faith delivery';
COMMENT ON COLUMN mart.recipient_status.accepted_at IS 'Acceptance of the version that counts';
COMMENT ON COLUMN mart.recipient_status.timeliness IS 'on_time, extended_on_time, late, missing, not_due, waived, confidential';
COMMENT ON COLUMN mart.recipient_status.days_late IS 'Whole days after the deadline; null unless late';
COMMENT ON COLUMN mart.recipient_status.submission_count IS 'Versions received';
COMMENT ON COLUMN mart.recipient_status.completion_request_count IS 'Times asked to complete';
COMMENT ON COLUMN mart.recipient_status.reminder_count IS 'Reminders sent';
COMMENT ON COLUMN mart.recipient_status.is_entered_by_ministry IS 'Whether the version that counts was entered by the ministry';

CREATE TABLE mart.discrepancy (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    measure text NOT NULL CHECK (measure IN ('total','distinct')),
    indicator text NOT NULL,
    year integer NOT NULL DEFAULT 0,
    stated integer NOT NULL,
    computed integer NOT NULL,
    source text NOT NULL,
    offices text[] NOT NULL,
    PRIMARY KEY (cycle_id, measure, indicator, year)
);
COMMENT ON TABLE mart.discrepancy IS 'Where a figure stated elsewhere differs from the one computed from the facts.';
COMMENT ON COLUMN mart.discrepancy.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.discrepancy.measure IS 'total: per year; distinct: over all years';
COMMENT ON COLUMN mart.discrepancy.indicator IS 'Indicator';
COMMENT ON COLUMN mart.discrepancy.year IS 'Year, 0 for distinct';
COMMENT ON COLUMN mart.discrepancy.stated IS 'Figure stated';
COMMENT ON COLUMN mart.discrepancy.computed IS 'Figure computed';
COMMENT ON COLUMN mart.discrepancy.source IS 'Where it was stated';
COMMENT ON COLUMN mart.discrepancy.offices IS 'The offices counted by us';
