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

CREATE TABLE core.contribution_confirmation (
    contribution_confirmation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cycle_id text NOT NULL,
    recipient_id bigint NOT NULL,
    submission_id bigint NOT NULL REFERENCES intake.submission,
    revision integer NOT NULL,
    how text NOT NULL,
    confirmed_by text NOT NULL,
    confirmed_at timestamptz NOT NULL,
    undone_at timestamptz,
    undone_by text,
    undone_because text,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_because IS NULL)),
    FOREIGN KEY (cycle_id, recipient_id) REFERENCES cycle.recipient (cycle_id, recipient_id)
);
CREATE UNIQUE INDEX contribution_confirmation_key ON core.contribution_confirmation (submission_id, revision)
    WHERE undone_at IS NULL;
COMMENT ON TABLE core.contribution_confirmation IS 'An officer heard from an office without a signed report that what its submission says in words stands and may be cited in the report.';
COMMENT ON COLUMN core.contribution_confirmation.contribution_confirmation_id IS 'Surrogate key';
COMMENT ON COLUMN core.contribution_confirmation.cycle_id IS 'The cycle';
COMMENT ON COLUMN core.contribution_confirmation.recipient_id IS 'The recipient';
COMMENT ON COLUMN core.contribution_confirmation.submission_id IS 'The submission that counted and was confirmed; a later one needs a confirmation of its own';
COMMENT ON COLUMN core.contribution_confirmation.revision IS 'Which reading of that submission (intake.submission.revision); one read anew needs a confirmation of its own';
COMMENT ON COLUMN core.contribution_confirmation.how IS 'How it was confirmed: with whom, by telephone, mail or document';
COMMENT ON COLUMN core.contribution_confirmation.confirmed_by IS 'The officer';
COMMENT ON COLUMN core.contribution_confirmation.confirmed_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN core.contribution_confirmation.undone_at IS 'When it was taken back, by the cycle''s clock; null: it stands';
COMMENT ON COLUMN core.contribution_confirmation.undone_by IS 'Who took it back';
COMMENT ON COLUMN core.contribution_confirmation.undone_because IS 'Why';
