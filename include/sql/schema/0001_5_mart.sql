-- Tables for analysts. include/sql/marts has the one SELECT behind each, marts.yaml their order; reporting.consolidation
-- .refresh fills them: the recipients that mart.change names, a cycle, or everything.
CREATE SCHEMA mart;
COMMENT ON SCHEMA mart IS 'Tables for analysts, kept up to date by what mart.change says has changed.';

-- Which cycle came before this one? The rule of core.prior_submission, for cycles without a form too.
CREATE VIEW cycle.previous_cycle AS
SELECT c.cycle_id, p.cycle_id AS previous_cycle_id
FROM cycle.cycle c
CROSS JOIN LATERAL (
    SELECT e.cycle_id
    FROM cycle.cycle e
    WHERE e.regime = c.regime AND e.mode = c.mode AND e.form_code IS NOT DISTINCT FROM c.form_code
      AND e.period_to < c.period_to
      AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = e.cycle_id)
    ORDER BY e.period_to DESC, e.request_on DESC, cycle.rehearsal_number(e.cycle_id) DESC, e.cycle_id DESC
    LIMIT 1
) p;
COMMENT ON VIEW cycle.previous_cycle IS 'The cycle of the same regime, form and mode that came before a cycle: the one with the latest earlier end of its period, of several the one asked last, of rehearsals the one with the highest number; never one that was withdrawn; no row for the first.';
COMMENT ON COLUMN cycle.previous_cycle.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.previous_cycle.previous_cycle_id IS 'The one before it';

CREATE TABLE mart.asked_value (
    cycle_id text NOT NULL,
    indicator text NOT NULL,
    year integer NOT NULL,
    kind text NOT NULL,
    place integer NOT NULL,
    label text,
    short_label text,
    unit text,
    previous_year integer,
    rule text NOT NULL,
    PRIMARY KEY (cycle_id, indicator, year)
);
COMMENT ON TABLE mart.asked_value IS 'The marks and numbers that the form of a cycle asks for, per year.';
COMMENT ON COLUMN mart.asked_value.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.asked_value.indicator IS 'Code of the mark or number';
COMMENT ON COLUMN mart.asked_value.year IS 'Year';
COMMENT ON COLUMN mart.asked_value.kind IS 'mark: has it or not; quantity: a number';
COMMENT ON COLUMN mart.asked_value.place IS 'Order in the form, marks before numbers, from 1';
COMMENT ON COLUMN mart.asked_value.label IS 'Name in the form';
COMMENT ON COLUMN mart.asked_value.short_label IS 'Name in tables';
COMMENT ON COLUMN mart.asked_value.unit IS 'Unit of a number; null for marks';
COMMENT ON COLUMN mart.asked_value.previous_year IS 'The year of the previous cycle''s form that it is compared with: at the same place, counted from the last; null: none';
COMMENT ON COLUMN mart.asked_value.rule IS 'How figures of several offices become one (registry.aggregation_rule): any: offices that have it are counted; sum: added up; list: never added up, such as percentages';

CREATE TABLE mart.recipient (
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    organization_id text NOT NULL,
    position integer NOT NULL,
    short_name text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    submission_id bigint,
    previous_recipient_id bigint,
    PRIMARY KEY (recipient_id)
);
CREATE INDEX recipient_cycle_idx ON mart.recipient (cycle_id);
COMMENT ON TABLE mart.recipient IS 'Who owes something in a cycle, where it stands in lists and on the map, which submission speaks for it, and which recipient it was in the previous cycle.';
COMMENT ON COLUMN mart.recipient.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.recipient.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.recipient.organization_id IS 'The office';
COMMENT ON COLUMN mart.recipient.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.recipient.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.recipient.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN mart.recipient.region_scheme IS 'The division into regions that held on the day of the request; empty where none did';
COMMENT ON COLUMN mart.recipient.region IS 'Its region by that division; empty for an office that lies in none, such as a ministry';
COMMENT ON COLUMN mart.recipient.submission_id IS 'The submission that counts; null: none does';
COMMENT ON COLUMN mart.recipient.previous_recipient_id IS 'The same office as a recipient of the previous cycle (cycle.previous_cycle); null: it was none';

CREATE TABLE mart.obligation (
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    organization_id text NOT NULL,
    position integer NOT NULL,
    short_name text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    deliverable text NOT NULL,
    kind text NOT NULL,
    is_asked boolean NOT NULL,
    due_at timestamptz,
    original_due_at timestamptz,
    state text NOT NULL,
    timeliness text NOT NULL,
    first_received_at timestamptz,
    completed_at timestamptz,
    days_late integer,
    PRIMARY KEY (recipient_id, deliverable)
);
CREATE INDEX obligation_cycle_idx ON mart.obligation (cycle_id);
CREATE INDEX obligation_not_due_idx ON mart.obligation (cycle_id, due_at) WHERE timeliness = 'not_due';
COMMENT ON TABLE mart.obligation IS 'What each recipient was asked for and how it answered: one row per recipient and deliverable.';
COMMENT ON COLUMN mart.obligation.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.obligation.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.obligation.organization_id IS 'The office';
COMMENT ON COLUMN mart.obligation.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.obligation.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.obligation.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN mart.obligation.region_scheme IS 'The division into regions that held on the day of the request; empty where none did';
COMMENT ON COLUMN mart.obligation.region IS 'Its region by that division; empty for an office that lies in none, such as a ministry';
COMMENT ON COLUMN mart.obligation.deliverable IS 'What is asked for';
COMMENT ON COLUMN mart.obligation.kind IS 'Kind of deliverable: document, data_form, reply, task';
COMMENT ON COLUMN mart.obligation.is_asked IS 'Whether it is owed: no task, nothing that the office may choose to give, and the cycle was not withdrawn';
COMMENT ON COLUMN mart.obligation.due_at IS 'First instant that is late, after extensions; null: no day is fixed';
COMMENT ON COLUMN mart.obligation.original_due_at IS 'The same before any extension';
COMMENT ON COLUMN mart.obligation.state IS 'Codes of cycle.obligation_status';
COMMENT ON COLUMN mart.obligation.timeliness IS 'on_time, extended_on_time (within an extension), late; missing (nothing came and its day is over), not_due; nil (nothing occurred), waived, confidential (by the secret mail), optional (need not be given and was not), withdrawn (nothing came and the cycle was withdrawn)';
COMMENT ON COLUMN mart.obligation.first_received_at IS 'First good-faith delivery, or what the ministry entered for the office';
COMMENT ON COLUMN mart.obligation.completed_at IS 'When it was accepted or registered';
COMMENT ON COLUMN mart.obligation.days_late IS 'Days after the last day in time, also of nil and confidential answers; null in time, or while nothing came';

CREATE TABLE mart.recipient_status (
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    organization_id text NOT NULL,
    position integer NOT NULL,
    short_name text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    data_form_state text,
    signed_report_state text,
    main_deliverable text NOT NULL,
    main_state text NOT NULL,
    first_received_at timestamptz,
    accepted_at timestamptz,
    timeliness text NOT NULL,
    days_late integer,
    submission_count integer NOT NULL,
    completion_request_count integer NOT NULL,
    reminder_count integer NOT NULL,
    is_entered_by_ministry boolean NOT NULL,
    is_first_pass boolean,
    error_count integer NOT NULL,
    warning_count integer NOT NULL,
    PRIMARY KEY (recipient_id)
);
CREATE INDEX recipient_status_cycle_idx ON mart.recipient_status (cycle_id);
COMMENT ON TABLE mart.recipient_status IS 'How each recipient answered: when, in what order, after how many reminders. Its timeliness is that of the data form; where that is optional or not asked for, of what must be given: missing before late, else the first thing.';
COMMENT ON COLUMN mart.recipient_status.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.recipient_status.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.recipient_status.organization_id IS 'The office';
COMMENT ON COLUMN mart.recipient_status.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.recipient_status.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.recipient_status.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN mart.recipient_status.region_scheme IS 'The division into regions that held on the day of the request; empty where none did';
COMMENT ON COLUMN mart.recipient_status.region IS 'Its region by that division; empty for an office that lies in none, such as a ministry';
COMMENT ON COLUMN mart.recipient_status.data_form_state IS 'State of the workbook obligation (codes of cycle.obligation_status); null when none is owed';
COMMENT ON COLUMN mart.recipient_status.signed_report_state IS 'State of the signed-report obligation; null when none is owed';
COMMENT ON COLUMN mart.recipient_status.main_deliverable IS 'What its timeliness is about: the data form, else what must be given: missing before late, else the first thing';
COMMENT ON COLUMN mart.recipient_status.main_state IS 'State of that';
COMMENT ON COLUMN mart.recipient_status.first_received_at IS 'First good-faith delivery of it';
COMMENT ON COLUMN mart.recipient_status.accepted_at IS 'Acceptance of the version that counts; without a data form, when it was complete';
COMMENT ON COLUMN mart.recipient_status.timeliness IS 'on_time, extended_on_time, late, missing, not_due, waived, confidential, optional, withdrawn';
COMMENT ON COLUMN mart.recipient_status.days_late IS 'Days after the last day in time; null unless late';
COMMENT ON COLUMN mart.recipient_status.submission_count IS 'Versions received';
COMMENT ON COLUMN mart.recipient_status.completion_request_count IS 'Versions that were to be completed';
COMMENT ON COLUMN mart.recipient_status.reminder_count IS 'Steps at which it was reminded';
COMMENT ON COLUMN mart.recipient_status.is_entered_by_ministry IS 'Whether the version that counts was entered by the ministry';
COMMENT ON COLUMN mart.recipient_status.is_first_pass IS 'Whether its first version (no draft, none taken back) was accepted as it came; null: none came';
COMMENT ON COLUMN mart.recipient_status.error_count IS 'Errors found in all its versions';
COMMENT ON COLUMN mart.recipient_status.warning_count IS 'Warnings about all its versions';

CREATE TABLE mart.indicator_value (
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    organization_id text NOT NULL,
    position integer NOT NULL,
    short_name text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    indicator text NOT NULL,
    year integer NOT NULL,
    kind text NOT NULL,
    state text,
    is_marked boolean,
    value numeric,
    unit text,
    document_number text,
    document_on date,
    submission_id bigint,
    file_submission_id bigint,
    sheet text,
    cell text,
    previous_state text,
    previous_value numeric,
    PRIMARY KEY (recipient_id, indicator, year)
);
CREATE INDEX indicator_value_cycle_idx ON mart.indicator_value (cycle_id);
-- Rows of a recipient lie together, so that a sample of pages sees too few recipients: tell that each has about 40 rows.
ALTER TABLE mart.indicator_value ALTER COLUMN recipient_id SET (n_distinct = -0.025);
COMMENT ON TABLE mart.indicator_value IS 'What each recipient reported: one row per recipient, indicator and year that its form asks for, also where nothing was accepted, with the cell it stands in and what the same office reported in the previous cycle.';
COMMENT ON COLUMN mart.indicator_value.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.indicator_value.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.indicator_value.organization_id IS 'The office';
COMMENT ON COLUMN mart.indicator_value.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.indicator_value.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.indicator_value.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN mart.indicator_value.region_scheme IS 'The division into regions that held on the day of the request; empty where none did';
COMMENT ON COLUMN mart.indicator_value.region IS 'Its region by that division; empty for an office that lies in none, such as a ministry';
COMMENT ON COLUMN mart.indicator_value.indicator IS 'Indicator';
COMMENT ON COLUMN mart.indicator_value.year IS 'Year it is about';
COMMENT ON COLUMN mart.indicator_value.kind IS 'mark: has it or not; quantity: a number';
COMMENT ON COLUMN mart.indicator_value.state IS 'As reported: yes, no, not_applicable of marks; value, nil, not_applicable, blank of quantities; null when nothing was accepted of it';
COMMENT ON COLUMN mart.indicator_value.is_marked IS 'Whether the office has it; null for quantities and when nothing was accepted';
COMMENT ON COLUMN mart.indicator_value.value IS 'The number; null unless the state is value';
COMMENT ON COLUMN mart.indicator_value.unit IS 'Unit of the number; null for marks';
COMMENT ON COLUMN mart.indicator_value.document_number IS 'Evidence: number and symbol';
COMMENT ON COLUMN mart.indicator_value.document_on IS 'Evidence: date';
COMMENT ON COLUMN mart.indicator_value.submission_id IS 'The submission that counts';
COMMENT ON COLUMN mart.indicator_value.file_submission_id IS 'The version in whose file the cell stands: an earlier one where a part was taken over';
COMMENT ON COLUMN mart.indicator_value.sheet IS 'Sheet';
COMMENT ON COLUMN mart.indicator_value.cell IS 'Cell';
COMMENT ON COLUMN mart.indicator_value.previous_state IS 'What the same office reported in the previous cycle of the regime (cycle.previous_cycle), of the year at the same place counted from the last of the form; null: nothing';
COMMENT ON COLUMN mart.indicator_value.previous_value IS 'The number it reported then';

CREATE TABLE mart.narrative (
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    organization_id text NOT NULL,
    position integer NOT NULL,
    short_name text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    section text NOT NULL,
    body text NOT NULL,
    submission_id bigint NOT NULL,
    file_submission_id bigint NOT NULL,
    sheet text NOT NULL,
    cell text NOT NULL,
    PRIMARY KEY (recipient_id, section)
);
CREATE INDEX narrative_cycle_idx ON mart.narrative (cycle_id);
COMMENT ON TABLE mart.narrative IS 'Prose of the submissions that count, by section.';
COMMENT ON COLUMN mart.narrative.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.narrative.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.narrative.organization_id IS 'The office';
COMMENT ON COLUMN mart.narrative.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.narrative.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.narrative.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN mart.narrative.region_scheme IS 'The division into regions that held on the day of the request; empty where none did';
COMMENT ON COLUMN mart.narrative.region IS 'Its region by that division; empty for an office that lies in none, such as a ministry';
COMMENT ON COLUMN mart.narrative.section IS 'Section of the form';
COMMENT ON COLUMN mart.narrative.body IS 'The text';
COMMENT ON COLUMN mart.narrative.submission_id IS 'The submission that counts';
COMMENT ON COLUMN mart.narrative.file_submission_id IS 'The version in whose file it stands';
COMMENT ON COLUMN mart.narrative.sheet IS 'Sheet';
COMMENT ON COLUMN mart.narrative.cell IS 'Cell';

CREATE TABLE mart.proposal (
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    organization_id text NOT NULL,
    position integer NOT NULL,
    short_name text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    list text NOT NULL,
    row_number integer NOT NULL,
    content jsonb NOT NULL,
    submission_id bigint NOT NULL,
    file_submission_id bigint NOT NULL,
    sheet text NOT NULL,
    first_cell text NOT NULL,
    PRIMARY KEY (recipient_id, list, row_number)
);
CREATE INDEX proposal_cycle_idx ON mart.proposal (cycle_id);
COMMENT ON TABLE mart.proposal IS 'Rows of the open tables of the submissions that count, such as proposed tasks.';
COMMENT ON COLUMN mart.proposal.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.proposal.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.proposal.organization_id IS 'The office';
COMMENT ON COLUMN mart.proposal.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.proposal.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.proposal.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN mart.proposal.region_scheme IS 'The division into regions that held on the day of the request; empty where none did';
COMMENT ON COLUMN mart.proposal.region IS 'Its region by that division; empty for an office that lies in none, such as a ministry';
COMMENT ON COLUMN mart.proposal.list IS 'Code of the table in its form';
COMMENT ON COLUMN mart.proposal.row_number IS 'Order in the table, from 1';
COMMENT ON COLUMN mart.proposal.content IS 'Column code → value';
COMMENT ON COLUMN mart.proposal.submission_id IS 'The submission that counts';
COMMENT ON COLUMN mart.proposal.file_submission_id IS 'The version in whose file it stands';
COMMENT ON COLUMN mart.proposal.sheet IS 'Sheet';
COMMENT ON COLUMN mart.proposal.first_cell IS 'First cell of the row';

CREATE TABLE mart.submission_quality (
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    organization_id text NOT NULL,
    position integer NOT NULL,
    short_name text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    submission_id bigint NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    outcome text NOT NULL,
    received_at timestamptz NOT NULL,
    checked_at timestamptz NOT NULL,
    is_current boolean NOT NULL,
    is_withdrawn boolean NOT NULL,
    is_first boolean NOT NULL,
    is_first_pass boolean NOT NULL,
    error_count integer NOT NULL,
    warning_count integer NOT NULL,
    explained_count integer NOT NULL,
    waived_count integer NOT NULL,
    PRIMARY KEY (recipient_id, submission_id)
);
CREATE INDEX submission_quality_cycle_idx ON mart.submission_quality (cycle_id);
COMMENT ON TABLE mart.submission_quality IS 'Every version that came, what became of it and how much was found in it.';
COMMENT ON COLUMN mart.submission_quality.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.submission_quality.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.submission_quality.organization_id IS 'The office';
COMMENT ON COLUMN mart.submission_quality.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.submission_quality.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.submission_quality.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN mart.submission_quality.region_scheme IS 'The division into regions that held on the day of the request; empty where none did';
COMMENT ON COLUMN mart.submission_quality.region IS 'Its region by that division; empty for an office that lies in none, such as a ministry';
COMMENT ON COLUMN mart.submission_quality.submission_id IS 'The version';
COMMENT ON COLUMN mart.submission_quality.version IS 'Its number among the versions of the recipient';
COMMENT ON COLUMN mart.submission_quality.kind IS 'draft, official, adjusted';
COMMENT ON COLUMN mart.submission_quality.channel IS 'mail, folder, ministry_entry';
COMMENT ON COLUMN mart.submission_quality.outcome IS 'accepted, accepted_with_warnings, to_complete, unreadable, duplicate, system_fault';
COMMENT ON COLUMN mart.submission_quality.received_at IS 'When it reached us';
COMMENT ON COLUMN mart.submission_quality.checked_at IS 'When it was checked';
COMMENT ON COLUMN mart.submission_quality.is_current IS 'Whether it is the version that counts';
COMMENT ON COLUMN mart.submission_quality.is_withdrawn IS 'Whether its office took it back';
COMMENT ON COLUMN mart.submission_quality.is_first IS 'Whether it is the first that the office sent in earnest: no draft, no repetition, not taken back, not entered by the ministry';
COMMENT ON COLUMN mart.submission_quality.is_first_pass IS 'Whether it is the first and was accepted as it came';
COMMENT ON COLUMN mart.submission_quality.error_count IS 'Errors found';
COMMENT ON COLUMN mart.submission_quality.warning_count IS 'Warnings';
COMMENT ON COLUMN mart.submission_quality.explained_count IS 'Findings that the sender explained';
COMMENT ON COLUMN mart.submission_quality.waived_count IS 'Findings under a waiver of their rule';

CREATE TABLE mart.finding_count (
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    organization_id text NOT NULL,
    position integer NOT NULL,
    short_name text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    rule text NOT NULL,
    severity text NOT NULL,
    stage text NOT NULL,
    finding_count integer NOT NULL,
    version_count integer NOT NULL,
    explained_count integer NOT NULL,
    waived_count integer NOT NULL,
    PRIMARY KEY (recipient_id, rule, severity, stage)
);
CREATE INDEX finding_count_cycle_idx ON mart.finding_count (cycle_id);
COMMENT ON TABLE mart.finding_count IS 'How often each rule found something in the versions of a recipient.';
COMMENT ON COLUMN mart.finding_count.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.finding_count.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.finding_count.organization_id IS 'The office';
COMMENT ON COLUMN mart.finding_count.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.finding_count.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.finding_count.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN mart.finding_count.region_scheme IS 'The division into regions that held on the day of the request; empty where none did';
COMMENT ON COLUMN mart.finding_count.region IS 'Its region by that division; empty for an office that lies in none, such as a ministry';
COMMENT ON COLUMN mart.finding_count.rule IS 'The rule';
COMMENT ON COLUMN mart.finding_count.severity IS 'error or warning';
COMMENT ON COLUMN mart.finding_count.stage IS 'Gate that found it';
COMMENT ON COLUMN mart.finding_count.finding_count IS 'Findings in all its versions';
COMMENT ON COLUMN mart.finding_count.version_count IS 'Versions in which it found something';
COMMENT ON COLUMN mart.finding_count.explained_count IS 'Of the findings, those that the sender explained';
COMMENT ON COLUMN mart.finding_count.waived_count IS 'Of the findings, those under a waiver of the rule';

CREATE TABLE mart.reminder (
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    organization_id text NOT NULL,
    position integer NOT NULL,
    short_name text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    step text NOT NULL,
    sent_at timestamptz NOT NULL,
    answered_at timestamptz,
    is_answered_in_48h boolean NOT NULL,
    PRIMARY KEY (recipient_id, step)
);
CREATE INDEX reminder_cycle_idx ON mart.reminder (cycle_id);
COMMENT ON TABLE mart.reminder IS 'Each step at which a recipient was reminded by mail, and what came after it.';
COMMENT ON COLUMN mart.reminder.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.reminder.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.reminder.organization_id IS 'The office';
COMMENT ON COLUMN mart.reminder.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.reminder.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.reminder.group_code IS 'The list through which it is addressed';
COMMENT ON COLUMN mart.reminder.region_scheme IS 'The division into regions that held on the day of the request; empty where none did';
COMMENT ON COLUMN mart.reminder.region IS 'Its region by that division; empty for an office that lies in none, such as a ministry';
COMMENT ON COLUMN mart.reminder.step IS 'reminder__…, urging, escalation';
COMMENT ON COLUMN mart.reminder.sent_at IS 'When the first mail of the step went out, by the cycle''s clock';
COMMENT ON COLUMN mart.reminder.answered_at IS 'First delivery after it: a workbook that is no draft, a document, a reply, the word that nothing occurred, an answer by the secret mail; by the time sent, as in cycle.obligation_status; of a paper by the day it bears, not before the mail; null: none';
COMMENT ON COLUMN mart.reminder.is_answered_in_48h IS 'Whether that came within 48 hours';

CREATE TABLE mart.indicator_total (
    cycle_id text NOT NULL,
    indicator text NOT NULL,
    year integer NOT NULL,
    kind text NOT NULL,
    asked_count integer NOT NULL,
    answered_count integer NOT NULL,
    office_count integer NOT NULL,
    no_count integer NOT NULL,
    not_applicable_count integer NOT NULL,
    nil_count integer NOT NULL,
    value_count integer NOT NULL,
    value_sum numeric NOT NULL,
    previous_office_count integer NOT NULL,
    previous_value_count integer NOT NULL,
    previous_value_sum numeric NOT NULL,
    both_count integer NOT NULL,
    change_sum numeric NOT NULL,
    gained_count integer NOT NULL,
    lost_count integer NOT NULL,
    row_count integer NOT NULL,
    PRIMARY KEY (cycle_id, indicator, year)
);
COMMENT ON TABLE mart.indicator_total IS 'The marks and numbers of a cycle summed over its offices.';
COMMENT ON COLUMN mart.indicator_total.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.indicator_total.indicator IS 'Indicator';
COMMENT ON COLUMN mart.indicator_total.year IS 'Year';
COMMENT ON COLUMN mart.indicator_total.kind IS 'mark or quantity';
COMMENT ON COLUMN mart.indicator_total.asked_count IS 'Offices that were asked for it';
COMMENT ON COLUMN mart.indicator_total.answered_count IS 'Offices of which something was accepted of it';
COMMENT ON COLUMN mart.indicator_total.office_count IS 'Offices that have it: marked yes';
COMMENT ON COLUMN mart.indicator_total.no_count IS 'Offices that have it not: marked no';
COMMENT ON COLUMN mart.indicator_total.not_applicable_count IS 'Offices to which it does not apply';
COMMENT ON COLUMN mart.indicator_total.nil_count IS 'Offices that stated that nothing occurred';
COMMENT ON COLUMN mart.indicator_total.value_count IS 'Offices that gave a number';
COMMENT ON COLUMN mart.indicator_total.value_sum IS 'Sum of their numbers, 0 where there are none; 0 also of what is never added up (rule list of mart.asked_value)';
COMMENT ON COLUMN mart.indicator_total.previous_office_count IS 'Offices that had it in the previous cycle';
COMMENT ON COLUMN mart.indicator_total.previous_value_count IS 'Offices that gave a number in the previous cycle';
COMMENT ON COLUMN mart.indicator_total.previous_value_sum IS 'Sum of those numbers, 0 of what is never added up';
COMMENT ON COLUMN mart.indicator_total.both_count IS 'Offices that answered it both now and in the previous cycle: a mark with any state, a number with a value or nil';
COMMENT ON COLUMN mart.indicator_total.change_sum IS 'By how much those offices moved: of marks how many more have it, of numbers the sum of the differences, nil as 0; 0 of what is never added up';
COMMENT ON COLUMN mart.indicator_total.gained_count IS 'Offices that have it now and reported in the previous cycle that they had it not';
COMMENT ON COLUMN mart.indicator_total.lost_count IS 'Offices that had it in the previous cycle and report now that they have it not';
COMMENT ON COLUMN mart.indicator_total.row_count IS 'Rows of mart.indicator_value behind it';

CREATE TABLE mart.indicator_by_region (
    cycle_id text NOT NULL,
    indicator text NOT NULL,
    year integer NOT NULL,
    kind text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    asked_count integer NOT NULL,
    answered_count integer NOT NULL,
    office_count integer NOT NULL,
    no_count integer NOT NULL,
    not_applicable_count integer NOT NULL,
    nil_count integer NOT NULL,
    value_count integer NOT NULL,
    value_sum numeric NOT NULL,
    previous_office_count integer NOT NULL,
    previous_value_count integer NOT NULL,
    previous_value_sum numeric NOT NULL,
    both_count integer NOT NULL,
    change_sum numeric NOT NULL,
    gained_count integer NOT NULL,
    lost_count integer NOT NULL,
    row_count integer NOT NULL,
    PRIMARY KEY (cycle_id, indicator, year, group_code, region_scheme, region)
);
COMMENT ON TABLE mart.indicator_by_region IS 'The marks and numbers of a cycle summed per list of addressees and region.';
COMMENT ON COLUMN mart.indicator_by_region.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.indicator_by_region.indicator IS 'Indicator';
COMMENT ON COLUMN mart.indicator_by_region.year IS 'Year';
COMMENT ON COLUMN mart.indicator_by_region.kind IS 'mark or quantity';
COMMENT ON COLUMN mart.indicator_by_region.group_code IS 'List of addressees';
COMMENT ON COLUMN mart.indicator_by_region.region_scheme IS 'Division into regions on the day of the request';
COMMENT ON COLUMN mart.indicator_by_region.region IS 'Region; empty: none';
COMMENT ON COLUMN mart.indicator_by_region.asked_count IS 'Offices that were asked for it';
COMMENT ON COLUMN mart.indicator_by_region.answered_count IS 'Offices of which something was accepted of it';
COMMENT ON COLUMN mart.indicator_by_region.office_count IS 'Offices that have it: marked yes';
COMMENT ON COLUMN mart.indicator_by_region.no_count IS 'Offices that have it not: marked no';
COMMENT ON COLUMN mart.indicator_by_region.not_applicable_count IS 'Offices to which it does not apply';
COMMENT ON COLUMN mart.indicator_by_region.nil_count IS 'Offices that stated that nothing occurred';
COMMENT ON COLUMN mart.indicator_by_region.value_count IS 'Offices that gave a number';
COMMENT ON COLUMN mart.indicator_by_region.value_sum IS 'Sum of their numbers, 0 where there are none; 0 also of what is never added up (rule list of mart.asked_value)';
COMMENT ON COLUMN mart.indicator_by_region.previous_office_count IS 'Offices that had it in the previous cycle';
COMMENT ON COLUMN mart.indicator_by_region.previous_value_count IS 'Offices that gave a number in the previous cycle';
COMMENT ON COLUMN mart.indicator_by_region.previous_value_sum IS 'Sum of those numbers, 0 of what is never added up';
COMMENT ON COLUMN mart.indicator_by_region.both_count IS 'Offices that answered it both now and in the previous cycle: a mark with any state, a number with a value or nil';
COMMENT ON COLUMN mart.indicator_by_region.change_sum IS 'By how much those offices moved: of marks how many more have it, of numbers the sum of the differences, nil as 0; 0 of what is never added up';
COMMENT ON COLUMN mart.indicator_by_region.gained_count IS 'Offices that have it now and reported in the previous cycle that they had it not';
COMMENT ON COLUMN mart.indicator_by_region.lost_count IS 'Offices that had it in the previous cycle and report now that they have it not';
COMMENT ON COLUMN mart.indicator_by_region.row_count IS 'Rows of mart.indicator_value behind it';

CREATE TABLE mart.indicator_distinct (
    cycle_id text NOT NULL,
    indicator text NOT NULL,
    office_count integer NOT NULL,
    row_count integer NOT NULL,
    PRIMARY KEY (cycle_id, indicator)
);
COMMENT ON TABLE mart.indicator_distinct IS 'Number of distinct offices per mark over all years of the cycle.';
COMMENT ON COLUMN mart.indicator_distinct.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.indicator_distinct.indicator IS 'Indicator';
COMMENT ON COLUMN mart.indicator_distinct.office_count IS 'Distinct offices that have it in at least one year';
COMMENT ON COLUMN mart.indicator_distinct.row_count IS 'Offices that were asked';

CREATE TABLE mart.reporting_rate (
    cycle_id text NOT NULL,
    deliverable text NOT NULL,
    group_code text NOT NULL,
    region_scheme text NOT NULL,
    region text NOT NULL,
    asked_count integer NOT NULL,
    on_time_count integer NOT NULL,
    extended_count integer NOT NULL,
    late_count integer NOT NULL,
    missing_count integer NOT NULL,
    not_due_count integer NOT NULL,
    nil_count integer NOT NULL,
    waived_count integer NOT NULL,
    confidential_count integer NOT NULL,
    complete_count integer NOT NULL,
    received_count integer NOT NULL,
    first_pass_count integer NOT NULL,
    row_count integer NOT NULL,
    PRIMARY KEY (cycle_id, deliverable, group_code, region_scheme, region)
);
COMMENT ON TABLE mart.reporting_rate IS 'How many offices reported, and how timely: per deliverable, list of addressees and region. asked_count is the sum of the counts from on_time_count to confidential_count.';
COMMENT ON COLUMN mart.reporting_rate.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.reporting_rate.deliverable IS 'What was asked for';
COMMENT ON COLUMN mart.reporting_rate.group_code IS 'List of addressees';
COMMENT ON COLUMN mart.reporting_rate.region_scheme IS 'Division into regions on the day of the request';
COMMENT ON COLUMN mart.reporting_rate.region IS 'Region; empty: none';
COMMENT ON COLUMN mart.reporting_rate.asked_count IS 'Offices that owe it; 0 in a cycle that was withdrawn';
COMMENT ON COLUMN mart.reporting_rate.on_time_count IS 'Came in time';
COMMENT ON COLUMN mart.reporting_rate.extended_count IS 'Came within an extension';
COMMENT ON COLUMN mart.reporting_rate.late_count IS 'Came late';
COMMENT ON COLUMN mart.reporting_rate.missing_count IS 'Did not come and is overdue';
COMMENT ON COLUMN mart.reporting_rate.not_due_count IS 'Did not come and is not due yet';
COMMENT ON COLUMN mart.reporting_rate.nil_count IS 'Nothing occurred';
COMMENT ON COLUMN mart.reporting_rate.waived_count IS 'Let off';
COMMENT ON COLUMN mart.reporting_rate.confidential_count IS 'Answered by the secret mail';
COMMENT ON COLUMN mart.reporting_rate.complete_count IS 'Of those asked, complete: accepted or registered, nil or by the secret mail';
COMMENT ON COLUMN mart.reporting_rate.received_count IS 'Of those asked, something came';
COMMENT ON COLUMN mart.reporting_rate.first_pass_count IS 'Of those asked, the first version of the data form was accepted as it came';
COMMENT ON COLUMN mart.reporting_rate.row_count IS 'Rows of mart.obligation behind it';

CREATE TABLE mart.reminder_effect (
    cycle_id text NOT NULL,
    step text NOT NULL,
    sent_count integer NOT NULL,
    answered_48h_count integer NOT NULL,
    answered_count integer NOT NULL,
    row_count integer NOT NULL,
    PRIMARY KEY (cycle_id, step)
);
COMMENT ON TABLE mart.reminder_effect IS 'What each reminder brought.';
COMMENT ON COLUMN mart.reminder_effect.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.reminder_effect.step IS 'The reminder';
COMMENT ON COLUMN mart.reminder_effect.sent_count IS 'Offices reminded';
COMMENT ON COLUMN mart.reminder_effect.answered_48h_count IS 'Of them, something came within 48 hours';
COMMENT ON COLUMN mart.reminder_effect.answered_count IS 'Of them, something came at any time after';
COMMENT ON COLUMN mart.reminder_effect.row_count IS 'Rows of mart.reminder behind it';

CREATE TABLE mart.discrepancy (
    cycle_id text NOT NULL REFERENCES cycle.cycle,
    measure text NOT NULL CHECK (measure IN ('total','distinct','sum')),
    indicator text NOT NULL,
    year integer NOT NULL DEFAULT 0,
    stated numeric NOT NULL,
    computed numeric NOT NULL,
    source text NOT NULL,
    offices text[] NOT NULL,
    PRIMARY KEY (cycle_id, measure, indicator, year, source)
);
COMMENT ON TABLE mart.discrepancy IS 'Where a figure stated elsewhere differs from the one computed from the facts.';
COMMENT ON COLUMN mart.discrepancy.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.discrepancy.measure IS 'total: offices per year; distinct: offices over all years; sum: sum of their numbers per year';
COMMENT ON COLUMN mart.discrepancy.indicator IS 'Indicator';
COMMENT ON COLUMN mart.discrepancy.year IS 'Year, 0 for distinct';
COMMENT ON COLUMN mart.discrepancy.stated IS 'Figure stated';
COMMENT ON COLUMN mart.discrepancy.computed IS 'Figure computed';
COMMENT ON COLUMN mart.discrepancy.source IS 'Where it was stated';
COMMENT ON COLUMN mart.discrepancy.offices IS 'The offices counted by us';

CREATE VIEW mart.tracking AS
SELECT cycle_id, position, organization_id, short_name, indicator, year, state, is_marked, document_number, document_on,
       submission_id, sheet, cell
FROM mart.indicator_value
WHERE kind = 'mark';
COMMENT ON VIEW mart.tracking IS 'The tracking table of a cycle: one row per recipient, mark and year.';
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

-- What has to be filled anew? Rows are only ever added, by the triggers below, in the transaction of the change itself, and
-- taken away by a refresh. No key leads from here to another table: adding a row waits for nobody.
CREATE TABLE mart.change (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint,
    cause text NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX change_cycle_idx ON mart.change (cycle_id);
COMMENT ON TABLE mart.change IS 'What changed since the marts were last refreshed: whose rows are to be filled anew.';
COMMENT ON COLUMN mart.change.change_id IS 'Surrogate key';
COMMENT ON COLUMN mart.change.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.change.recipient_id IS 'The recipient; null: everyone of the cycle';
COMMENT ON COLUMN mart.change.cause IS 'What changed: answer (what a recipient reported, or which version counts), standing (everything else about a recipient), cycle, previous_cycle (what the same office reported in the cycle before), region';
COMMENT ON COLUMN mart.change.noted_at IS 'When, by the machine''s clock';

-- Rows that name cycle and recipient; the cause is the trigger's argument.
CREATE FUNCTION mart.note_recipient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, recipient_id, cause)
    SELECT DISTINCT cycle_id, recipient_id, TG_ARGV[0] FROM changed;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_recipient IS 'Notes the recipients of changed rows in mart.change.';

-- Rows that name an obligation.
CREATE FUNCTION mart.note_obligation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, recipient_id, cause)
    SELECT DISTINCT o.cycle_id, o.recipient_id, TG_ARGV[0] FROM changed JOIN cycle.obligation o USING (obligation_id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_obligation IS 'Notes the recipients of changed rows that name an obligation in mart.change.';

-- Rows that name a submission.
CREATE FUNCTION mart.note_submission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, recipient_id, cause)
    SELECT DISTINCT s.cycle_id, s.recipient_id, TG_ARGV[0] FROM changed JOIN intake.submission s USING (submission_id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_submission IS 'Notes the recipients of changed rows that name a submission in mart.change.';

-- Rows that name a recipient without its cycle.
CREATE FUNCTION mart.note_recipient_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, recipient_id, cause)
    SELECT DISTINCT r.cycle_id, r.recipient_id, TG_ARGV[0] FROM changed JOIN cycle.recipient r USING (recipient_id);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_recipient_alone IS 'Notes the recipients of changed rows that name no cycle in mart.change.';

-- Rows that concern a whole cycle.
CREATE FUNCTION mart.note_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, cause) SELECT DISTINCT cycle_id, 'cycle' FROM changed;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_cycle IS 'Notes the cycles of changed rows in mart.change.';

-- A mail of a step that counts that went out, came back, or turned out never to have gone.
CREATE FUNCTION mart.note_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, recipient_id, cause)
    SELECT DISTINCT n.cycle_id, n.recipient_id, 'standing'
    FROM changed n
    JOIN before o USING (message_id)
    WHERE (n.state IN ('sent', 'ambiguous')) <> (o.state IN ('sent', 'ambiguous'))
      AND (n.step IN ('request', 'urging', 'escalation') OR n.step LIKE 'reminder%');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_message IS 'Notes the recipients of requests and reminders that went out or came back in mart.change.';

-- The close of a cycle.
CREATE FUNCTION mart.note_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, cause)
    SELECT DISTINCT n.cycle_id, 'cycle'
    FROM changed n
    JOIN before o USING (cycle_id, step)
    WHERE n.step = 'close' AND (n.done_at IS NULL) <> (o.done_at IS NULL);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_close IS 'Notes cycles that were closed in mart.change.';

-- A new cycle, and those before which it takes its place.
CREATE FUNCTION mart.note_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, cause)
    SELECT c.cycle_id, 'cycle' FROM changed c
    UNION
    SELECT p.cycle_id, 'cycle' FROM changed c JOIN cycle.previous_cycle p ON p.previous_cycle_id = c.cycle_id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_opening IS 'Notes a new cycle, and those that it now comes before, in mart.change.';

-- A cycle that was called off, and those that it came before, which now have another before them.
CREATE FUNCTION mart.note_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, cause)
    SELECT DISTINCT e.cycle_id, 'cycle'
    FROM changed w
    JOIN cycle.cycle c USING (cycle_id)
    JOIN cycle.cycle e ON e.cycle_id = c.cycle_id
        OR e.regime = c.regime AND e.mode = c.mode AND e.form_code IS NOT DISTINCT FROM c.form_code
           AND e.period_to > c.period_to;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_withdrawal IS 'Notes a cycle that was withdrawn, and the later ones of its regime and form, in mart.change.';

-- Offices that lie in another region than before.
CREATE FUNCTION mart.note_region() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, recipient_id, cause)
    SELECT r.cycle_id, r.recipient_id, 'region'
    FROM cycle.recipient r
    WHERE r.organization_id IN (SELECT organization_id FROM changed);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_region IS 'Notes the recipients whose office was put into a region or taken out of one in mart.change.';

CREATE FUNCTION mart.note_other_region() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mart.change (cycle_id, recipient_id, cause)
    SELECT r.cycle_id, r.recipient_id, 'region'
    FROM cycle.recipient r
    WHERE r.organization_id IN (
        SELECT n.organization_id
        FROM changed n
        LEFT JOIN before o USING (organization_id, region_scheme)
        WHERE o.region IS DISTINCT FROM n.region);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mart.note_other_region IS 'Notes the recipients whose office lies in another region than before in mart.change.';

CREATE TRIGGER submission_insert_to_mart AFTER INSERT ON intake.submission REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER submission_update_to_mart AFTER UPDATE ON intake.submission REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER submission_withdrawal_insert_to_mart AFTER INSERT ON intake.submission_withdrawal REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_submission('answer');
CREATE TRIGGER submission_withdrawal_update_to_mart AFTER UPDATE ON intake.submission_withdrawal REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_submission('answer');
CREATE TRIGGER submission_withdrawal_delete_to_mart AFTER DELETE ON intake.submission_withdrawal REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_submission('answer');
CREATE TRIGGER conflict_insert_to_mart AFTER INSERT ON intake.conflict REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER conflict_update_to_mart AFTER UPDATE ON intake.conflict REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER conflict_delete_to_mart AFTER DELETE ON intake.conflict REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
-- Facts, prose and rows of tables come with their submission; taken away or explained later they come alone.
CREATE TRIGGER fact_update_to_mart AFTER UPDATE ON core.fact REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER fact_delete_to_mart AFTER DELETE ON core.fact REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER narrative_update_to_mart AFTER UPDATE ON core.narrative REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER narrative_delete_to_mart AFTER DELETE ON core.narrative REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER list_row_update_to_mart AFTER UPDATE ON core.list_row REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER list_row_delete_to_mart AFTER DELETE ON core.list_row REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('answer');
CREATE TRIGGER finding_update_to_mart AFTER UPDATE ON intake.finding REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_submission('standing');
CREATE TRIGGER finding_delete_to_mart AFTER DELETE ON intake.finding REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_submission('standing');
CREATE TRIGGER nil_return_insert_to_mart AFTER INSERT ON intake.nil_return REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_obligation('standing');
CREATE TRIGGER nil_return_update_to_mart AFTER UPDATE ON intake.nil_return REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_obligation('standing');
CREATE TRIGGER nil_return_delete_to_mart AFTER DELETE ON intake.nil_return REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_obligation('standing');
CREATE TRIGGER confidential_answer_insert_to_mart AFTER INSERT ON intake.confidential_answer REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER confidential_answer_update_to_mart AFTER UPDATE ON intake.confidential_answer REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER confidential_answer_delete_to_mart AFTER DELETE ON intake.confidential_answer REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER incoming_document_update_to_mart AFTER UPDATE ON intake.incoming_document REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER document_answer_insert_to_mart AFTER INSERT ON intake.document_answer REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient_alone('standing');
CREATE TRIGGER document_answer_update_to_mart AFTER UPDATE ON intake.document_answer REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient_alone('standing');
CREATE TRIGGER document_answer_delete_to_mart AFTER DELETE ON intake.document_answer REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient_alone('standing');
CREATE TRIGGER reply_insert_to_mart AFTER INSERT ON intake.reply REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER reply_update_to_mart AFTER UPDATE ON intake.reply REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER reply_delete_to_mart AFTER DELETE ON intake.reply REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER extension_insert_to_mart AFTER INSERT ON cycle.extension REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_obligation('standing');
CREATE TRIGGER extension_update_to_mart AFTER UPDATE ON cycle.extension REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_obligation('standing');
CREATE TRIGGER extension_delete_to_mart AFTER DELETE ON cycle.extension REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_obligation('standing');
CREATE TRIGGER waiver_insert_to_mart AFTER INSERT ON cycle.waiver REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_obligation('standing');
CREATE TRIGGER waiver_update_to_mart AFTER UPDATE ON cycle.waiver REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_obligation('standing');
CREATE TRIGGER waiver_delete_to_mart AFTER DELETE ON cycle.waiver REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_obligation('standing');
CREATE TRIGGER obligation_insert_to_mart AFTER INSERT ON cycle.obligation REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER obligation_update_to_mart AFTER UPDATE ON cycle.obligation REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER obligation_delete_to_mart AFTER DELETE ON cycle.obligation REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER recipient_update_to_mart AFTER UPDATE ON cycle.recipient REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_recipient('standing');
CREATE TRIGGER withdrawal_insert_to_mart AFTER INSERT ON cycle.withdrawal REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_withdrawal();
CREATE TRIGGER withdrawal_delete_to_mart AFTER DELETE ON cycle.withdrawal REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_withdrawal();
CREATE TRIGGER cycle_insert_to_mart AFTER INSERT ON cycle.cycle REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_opening();
CREATE TRIGGER cycle_update_to_mart AFTER UPDATE ON cycle.cycle REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_cycle();
CREATE TRIGGER message_update_to_mart AFTER UPDATE ON cycle.message REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mart.note_message();
CREATE TRIGGER milestone_update_to_mart AFTER UPDATE ON cycle.milestone
    REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_close();
CREATE TRIGGER organization_region_insert_to_mart AFTER INSERT ON registry.organization_region
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_region();
CREATE TRIGGER organization_region_delete_to_mart AFTER DELETE ON registry.organization_region
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_region();
CREATE TRIGGER organization_region_update_to_mart AFTER UPDATE ON registry.organization_region
    REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mart.note_other_region();

-- Paths by which one recipient's rows are found, however much the warehouse holds.
CREATE INDEX document_answer_recipient_idx ON intake.document_answer (recipient_id);
CREATE INDEX reply_recipient_idx ON intake.reply (recipient_id);
CREATE INDEX extension_obligation_idx ON cycle.extension (obligation_id);
CREATE INDEX obligation_cycle_idx ON cycle.obligation (cycle_id);
CREATE INDEX message_event_message_idx ON cycle.message_event (message_id);
