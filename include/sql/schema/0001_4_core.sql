CREATE SCHEMA core;
COMMENT ON SCHEMA core IS 'Accepted facts, each with the cell it came from.';

CREATE TABLE core.fact (
    submission_id bigint NOT NULL REFERENCES intake.submission,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL REFERENCES cycle.recipient,
    indicator text NOT NULL,
    year integer NOT NULL,
    is_marked boolean NOT NULL,
    document_number text,
    document_on date,
    note text,
    sheet text NOT NULL,
    cell text NOT NULL,
    PRIMARY KEY (submission_id, indicator, year)
);
COMMENT ON TABLE core.fact IS 'One mark of one submission that was accepted, with its evidence and the cell it stood in.';
COMMENT ON COLUMN core.fact.submission_id IS 'The accepted submission';
COMMENT ON COLUMN core.fact.cycle_id IS 'The cycle';
COMMENT ON COLUMN core.fact.recipient_id IS 'The recipient';
COMMENT ON COLUMN core.fact.indicator IS 'Code of the indicator';
COMMENT ON COLUMN core.fact.year IS 'Year the mark is about';
COMMENT ON COLUMN core.fact.is_marked IS 'Whether the office has it';
COMMENT ON COLUMN core.fact.document_number IS 'Evidence: number and symbol';
COMMENT ON COLUMN core.fact.document_on IS 'Evidence: date';
COMMENT ON COLUMN core.fact.note IS 'Remark of the sender';
COMMENT ON COLUMN core.fact.sheet IS 'Sheet of the mark';
COMMENT ON COLUMN core.fact.cell IS 'Cell of the mark';

CREATE TABLE core.narrative (
    submission_id bigint NOT NULL REFERENCES intake.submission,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL REFERENCES cycle.recipient,
    section text NOT NULL,
    body text NOT NULL,
    sheet text NOT NULL,
    cell text NOT NULL,
    PRIMARY KEY (submission_id, section)
);
COMMENT ON TABLE core.narrative IS 'Prose of an accepted submission, by section.';
COMMENT ON COLUMN core.narrative.submission_id IS 'The accepted submission';
COMMENT ON COLUMN core.narrative.cycle_id IS 'The cycle';
COMMENT ON COLUMN core.narrative.recipient_id IS 'The recipient';
COMMENT ON COLUMN core.narrative.section IS 'results, difficulties, causes, proposals';
COMMENT ON COLUMN core.narrative.body IS 'The text, NFC';
COMMENT ON COLUMN core.narrative.sheet IS 'Sheet';
COMMENT ON COLUMN core.narrative.cell IS 'Cell';
