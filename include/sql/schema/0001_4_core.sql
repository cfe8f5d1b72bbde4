CREATE SCHEMA core;
COMMENT ON SCHEMA core IS 'Accepted facts, each with the cell it came from.';

CREATE TABLE core.fact (
    submission_id bigint NOT NULL REFERENCES intake.submission,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL REFERENCES cycle.recipient,
    indicator text NOT NULL,
    year integer NOT NULL,
    kind text NOT NULL DEFAULT 'mark' CHECK (kind IN ('mark','quantity')),
    state text NOT NULL CHECK (state IN ('yes','no','not_applicable','nil','value','blank')),
    is_marked boolean GENERATED ALWAYS AS (CASE kind WHEN 'mark' THEN state = 'yes' END) STORED,
    value numeric,
    unit text,
    document_number text,
    document_on date,
    note text,
    explanation text,
    sheet text NOT NULL,
    cell text NOT NULL,
    carried_from bigint REFERENCES intake.submission,
    PRIMARY KEY (submission_id, indicator, year),
    CHECK ((state = 'value') = (value IS NOT NULL)),
    CHECK (CASE kind WHEN 'mark' THEN state IN ('yes','no','not_applicable') ELSE state NOT IN ('yes','no') END)
);
COMMENT ON TABLE core.fact IS 'One mark or quantity of one submission that was accepted, with its evidence, the sender''s explanation and the cell it stood in.';
COMMENT ON COLUMN core.fact.submission_id IS 'The accepted submission';
COMMENT ON COLUMN core.fact.cycle_id IS 'The cycle';
COMMENT ON COLUMN core.fact.recipient_id IS 'The recipient';
COMMENT ON COLUMN core.fact.indicator IS 'Code of the indicator';
COMMENT ON COLUMN core.fact.year IS 'Year the mark is about';
COMMENT ON COLUMN core.fact.kind IS 'mark: has it or not, with the document behind it; quantity: a number in the indicator''s unit';
COMMENT ON COLUMN core.fact.state IS 'yes, no, not_applicable for marks; value, nil (không phát sinh: zero by statement), not_applicable, blank (not given, allowed) for quantities';
COMMENT ON COLUMN core.fact.is_marked IS 'Whether the office has it; null for quantities';
COMMENT ON COLUMN core.fact.value IS 'The number, in the unit of the indicator; null unless the state is value';
COMMENT ON COLUMN core.fact.unit IS 'Unit, such as triệu đồng; null for marks';
COMMENT ON COLUMN core.fact.document_number IS 'Evidence: number and symbol';
COMMENT ON COLUMN core.fact.document_on IS 'Evidence: date';
COMMENT ON COLUMN core.fact.note IS 'Remark of the sender';
COMMENT ON COLUMN core.fact.explanation IS 'What the sender wrote to explain a warning about it; null: nothing';
COMMENT ON COLUMN core.fact.sheet IS 'Sheet of the mark';
COMMENT ON COLUMN core.fact.cell IS 'Cell of the mark';
COMMENT ON COLUMN core.fact.carried_from IS 'The earlier partial answer in whose file it stands; null: in the file of the submission itself';

CREATE TABLE core.narrative (
    submission_id bigint NOT NULL REFERENCES intake.submission,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL REFERENCES cycle.recipient,
    section text NOT NULL,
    body text NOT NULL,
    sheet text NOT NULL,
    cell text NOT NULL,
    carried_from bigint REFERENCES intake.submission,
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
COMMENT ON COLUMN core.narrative.carried_from IS 'The earlier partial answer in whose file it stands; null: in the file of the submission itself';

CREATE TABLE core.list_row (
    submission_id bigint NOT NULL REFERENCES intake.submission,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL REFERENCES cycle.recipient,
    list text NOT NULL,
    position integer NOT NULL,
    content jsonb NOT NULL,
    sheet text NOT NULL,
    first_cell text NOT NULL,
    carried_from bigint REFERENCES intake.submission,
    PRIMARY KEY (submission_id, list, position)
);
COMMENT ON TABLE core.list_row IS 'One row of an open table of an accepted submission, such as a proposed task.';
COMMENT ON COLUMN core.list_row.submission_id IS 'The accepted submission';
COMMENT ON COLUMN core.list_row.cycle_id IS 'The cycle';
COMMENT ON COLUMN core.list_row.recipient_id IS 'The recipient';
COMMENT ON COLUMN core.list_row.list IS 'Code of the table in its form';
COMMENT ON COLUMN core.list_row.position IS 'Order, from 1, blank rows left out';
COMMENT ON COLUMN core.list_row.content IS 'Column code → value: text, number, or ISO date; blank cells left out';
COMMENT ON COLUMN core.list_row.sheet IS 'Sheet';
COMMENT ON COLUMN core.list_row.first_cell IS 'First cell of the row';
COMMENT ON COLUMN core.list_row.carried_from IS 'The earlier partial answer in whose file it stands; null: in the file of the submission itself';
