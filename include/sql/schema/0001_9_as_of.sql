-- What published reports rest on: their sources, the facts as they were then, and what came since.

CREATE INDEX document_basis_submission_idx ON cycle.document_basis (mark) WHERE kind = 'submission';

-- Which submissions stood behind a draft of a report, each as it was read then?
CREATE VIEW cycle.document_source AS
SELECT b.document_id, b.version, b.recipient_id, split_part(b.mark, '.', 1)::bigint AS submission_id,
       split_part(b.mark, '.', 2)::integer AS revision
FROM cycle.document_basis b
WHERE b.kind = 'submission';
COMMENT ON VIEW cycle.document_source IS 'Which submissions stood behind a draft of a report (cycle.document_basis), one per office.';
COMMENT ON COLUMN cycle.document_source.document_id IS 'The report';
COMMENT ON COLUMN cycle.document_source.version IS 'Its draft';
COMMENT ON COLUMN cycle.document_source.recipient_id IS 'The recipient';
COMMENT ON COLUMN cycle.document_source.submission_id IS 'The submission that counted for it';
COMMENT ON COLUMN cycle.document_source.revision IS 'How it was read then: intake.submission.revision of that moment';

-- Which reports of a cycle were given out, in their order?
CREATE VIEW cycle.published_report AS
SELECT d.cycle_id, d.document_id, d.kind, p.version, r.number, r.registered_on, r.signer, r.signed_file_name,
       r.signed_file_sha256, p.published_at,
       row_number() OVER (PARTITION BY d.cycle_id ORDER BY p.published_at, d.document_id) AS position,
       row_number() OVER (PARTITION BY d.cycle_id
                          ORDER BY v.drafted_at DESC, p.published_at DESC, d.document_id DESC) = 1 AS is_newest
FROM cycle.document d
JOIN cycle.publication p USING (document_id)
JOIN cycle.document_version v ON v.document_id = p.document_id AND v.version = p.version
JOIN cycle.document_registration r ON r.document_id = d.document_id
WHERE split_part(d.kind, '__', 1) IN ('summary_report', 'supplement_report');
COMMENT ON VIEW cycle.published_report IS 'The reports of a cycle that were given out: editions and supplements.';
COMMENT ON COLUMN cycle.published_report.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.published_report.document_id IS 'The report';
COMMENT ON COLUMN cycle.published_report.kind IS 'summary_report: the first edition; summary_report__2 …: later ones; supplement_report__1 …: supplements';
COMMENT ON COLUMN cycle.published_report.version IS 'The draft that was signed';
COMMENT ON COLUMN cycle.published_report.number IS 'Its number and symbol';
COMMENT ON COLUMN cycle.published_report.registered_on IS 'Its date';
COMMENT ON COLUMN cycle.published_report.signer IS 'Who signed';
COMMENT ON COLUMN cycle.published_report.signed_file_name IS 'Name of the signed file';
COMMENT ON COLUMN cycle.published_report.signed_file_sha256 IS 'Content hash of the signed file';
COMMENT ON COLUMN cycle.published_report.published_at IS 'When it was given out, by the cycle''s clock';
COMMENT ON COLUMN cycle.published_report.position IS 'Its place among the reports of the cycle, from 1';
COMMENT ON COLUMN cycle.published_report.is_newest IS 'Whether none rests on later data: of those given out, the one that was drafted, or confirmed, last';

CREATE TABLE core.former_content (
    submission_id bigint NOT NULL REFERENCES intake.submission,
    revision integer NOT NULL,
    part text NOT NULL CHECK (part IN ('fact','narrative','list_row')),
    position integer NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (submission_id, revision, part, position)
);
COMMENT ON TABLE core.former_content IS 'What a submission said while a draft of a report rested on it, kept when it was read anew or lost a part since.';
COMMENT ON COLUMN core.former_content.submission_id IS 'The submission';
COMMENT ON COLUMN core.former_content.revision IS 'The revision that said so';
COMMENT ON COLUMN core.former_content.part IS 'Of which table the row was: core.fact, core.narrative, core.list_row';
COMMENT ON COLUMN core.former_content.position IS 'Its place, from 1';
COMMENT ON COLUMN core.former_content.content IS 'The row';

-- Before a submission gets its next revision, what it says is kept if a draft of a report rests on it. Whoever changes what
-- a submission says sets the next revision first.
CREATE FUNCTION core.keep_former_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM cycle.document_basis b
               WHERE b.kind = 'submission' AND b.mark = OLD.submission_id || '.' || OLD.revision) THEN
        INSERT INTO core.former_content (submission_id, revision, part, position, content)
        SELECT OLD.submission_id, OLD.revision, x.part, row_number() OVER (PARTITION BY x.part ORDER BY x.place), x.content
        FROM (
            SELECT 'fact' AS part, concat_ws('|', f.indicator, f.year) AS place, to_jsonb(f) AS content
            FROM core.fact f WHERE f.submission_id = OLD.submission_id
            UNION ALL
            SELECT 'narrative', n.section, to_jsonb(n)
            FROM core.narrative n WHERE n.submission_id = OLD.submission_id
            UNION ALL
            SELECT 'list_row', concat_ws('|', l.list, lpad(l.position::text, 9, '0')), to_jsonb(l)
            FROM core.list_row l WHERE l.submission_id = OLD.submission_id
        ) x;
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION core.keep_former_content IS 'Keeps what a submission says before it is read anew, if a draft of a report rests on it.';
CREATE TRIGGER submission_revised BEFORE UPDATE OF revision ON intake.submission
    FOR EACH ROW WHEN (OLD.revision IS DISTINCT FROM NEW.revision) EXECUTE FUNCTION core.keep_former_content();

-- The facts on which a draft of a report rests, as they were then.
CREATE FUNCTION core.values_as_of(of_document bigint, of_version integer) RETURNS SETOF core.fact
LANGUAGE sql STABLE AS $$
    SELECT f.*
    FROM cycle.document_source d
    JOIN intake.submission s ON s.submission_id = d.submission_id AND s.revision = d.revision
    JOIN core.fact f ON f.submission_id = d.submission_id
    WHERE d.document_id = of_document AND d.version = of_version
    UNION ALL
    SELECT r.*
    FROM cycle.document_source d
    JOIN core.former_content c ON c.submission_id = d.submission_id AND c.revision = d.revision AND c.part = 'fact'
    CROSS JOIN LATERAL jsonb_populate_record(NULL::core.fact, c.content) r
    WHERE d.document_id = of_document AND d.version = of_version
$$;
COMMENT ON FUNCTION core.values_as_of IS 'The marks and numbers on which a draft of a report rests, as they were then (rows of core.fact).';

-- The texts on which a draft of a report rests, as they were then.
CREATE FUNCTION core.narratives_as_of(of_document bigint, of_version integer) RETURNS SETOF core.narrative
LANGUAGE sql STABLE AS $$
    SELECT f.*
    FROM cycle.document_source d
    JOIN intake.submission s ON s.submission_id = d.submission_id AND s.revision = d.revision
    JOIN core.narrative f ON f.submission_id = d.submission_id
    WHERE d.document_id = of_document AND d.version = of_version
    UNION ALL
    SELECT r.*
    FROM cycle.document_source d
    JOIN core.former_content c ON c.submission_id = d.submission_id AND c.revision = d.revision AND c.part = 'narrative'
    CROSS JOIN LATERAL jsonb_populate_record(NULL::core.narrative, c.content) r
    WHERE d.document_id = of_document AND d.version = of_version
$$;
COMMENT ON FUNCTION core.narratives_as_of IS 'The texts on which a draft of a report rests, as they were then (rows of core.narrative).';

-- The rows of open tables on which a draft of a report rests, as they were then.
CREATE FUNCTION core.list_rows_as_of(of_document bigint, of_version integer) RETURNS SETOF core.list_row
LANGUAGE sql STABLE AS $$
    SELECT f.*
    FROM cycle.document_source d
    JOIN intake.submission s ON s.submission_id = d.submission_id AND s.revision = d.revision
    JOIN core.list_row f ON f.submission_id = d.submission_id
    WHERE d.document_id = of_document AND d.version = of_version
    UNION ALL
    SELECT r.*
    FROM cycle.document_source d
    JOIN core.former_content c ON c.submission_id = d.submission_id AND c.revision = d.revision AND c.part = 'list_row'
    CROSS JOIN LATERAL jsonb_populate_record(NULL::core.list_row, c.content) r
    WHERE d.document_id = of_document AND d.version = of_version
$$;
COMMENT ON FUNCTION core.list_rows_as_of IS 'The rows of open tables on which a draft of a report rests, as they were then (rows of core.list_row).';

-- What counts now of each office, and did not (or said something else) when the newest published report of its cycle was
-- drafted?
CREATE VIEW mart.after_report AS
SELECT n.cycle_id, n.document_id, n.number, n.registered_on, p.recipient_id, p.organization_id, p.position, p.short_name,
       x.kind, x.key, CASE WHEN x.former IS NULL THEN 'new' WHEN x.mark IS NULL THEN 'gone' ELSE 'changed' END AS change,
       CASE WHEN x.kind = 'submission' THEN split_part(x.mark, '.', 1)::bigint END AS submission_id
FROM cycle.published_report n
CROSS JOIN LATERAL (
    SELECT kind, recipient_id, key, a.mark, f.mark AS former
    FROM (SELECT b.kind, b.recipient_id, b.key, b.mark
          FROM core.report_basis b
          WHERE b.cycle_id = n.cycle_id AND b.kind IN ('submission', 'signed_report', 'reply', 'nil_return',
                                                       'confidential_answer', 'waiver', 'contribution')) a
    FULL JOIN (SELECT b.kind, b.recipient_id, b.key, b.mark
               FROM cycle.document_basis b
               WHERE b.document_id = n.document_id AND b.version = n.version
                 AND b.kind IN ('submission', 'signed_report', 'reply', 'nil_return', 'confidential_answer', 'waiver',
                                'contribution')) f
        USING (kind, recipient_id, key)
    WHERE a.mark IS DISTINCT FROM f.mark
) x
JOIN cycle.recipient p USING (recipient_id)
WHERE n.is_newest;
COMMENT ON VIEW mart.after_report IS 'Sau báo cáo: what came, changed or was taken back after what the newest published report of a cycle rests on; it goes into a supplement or the next edition.';
COMMENT ON COLUMN mart.after_report.cycle_id IS 'The cycle';
COMMENT ON COLUMN mart.after_report.document_id IS 'Its newest published report';
COMMENT ON COLUMN mart.after_report.number IS 'The number of that';
COMMENT ON COLUMN mart.after_report.registered_on IS 'Its date';
COMMENT ON COLUMN mart.after_report.recipient_id IS 'The recipient';
COMMENT ON COLUMN mart.after_report.organization_id IS 'The office';
COMMENT ON COLUMN mart.after_report.position IS 'Place in the list of addressees';
COMMENT ON COLUMN mart.after_report.short_name IS 'Its name on the day of the request';
COMMENT ON COLUMN mart.after_report.kind IS 'submission, signed_report, reply, nil_return, confidential_answer, waiver, contribution (confirmed by an officer)';
COMMENT ON COLUMN mart.after_report.key IS 'Which of them, where there may be several';
COMMENT ON COLUMN mart.after_report.change IS 'new: there was none; changed: another one counts, or it was read anew; gone: it counts no more';
COMMENT ON COLUMN mart.after_report.submission_id IS 'The submission that counts now; null for other kinds and where none does';

CREATE TABLE cycle.abandonment (
    abandonment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES cycle.document,
    reason text NOT NULL CHECK (reason <> ''),
    abandoned_by text NOT NULL CHECK (abandoned_by <> ''),
    abandoned_at timestamptz NOT NULL,
    undone_at timestamptz
);
CREATE UNIQUE INDEX abandonment_key ON cycle.abandonment (document_id) WHERE undone_at IS NULL;
COMMENT ON TABLE cycle.abandonment IS 'A later edition or supplement was given up before it had a number, such as one started by mistake.';
COMMENT ON COLUMN cycle.abandonment.abandonment_id IS 'Surrogate key';
COMMENT ON COLUMN cycle.abandonment.document_id IS 'The report';
COMMENT ON COLUMN cycle.abandonment.reason IS 'Why';
COMMENT ON COLUMN cycle.abandonment.abandoned_by IS 'Who gave it up';
COMMENT ON COLUMN cycle.abandonment.abandoned_at IS 'When, by the cycle''s clock';
COMMENT ON COLUMN cycle.abandonment.undone_at IS 'When it was started again, by the cycle''s clock; null: it stands';

-- Which supplements are needed no more? Of those without a number: where a new edition is being made, or another report than
-- the one it adds to is the newest by now.
CREATE VIEW cycle.overtaken_supplement AS
SELECT d.document_id, d.cycle_id
FROM cycle.document d
WHERE starts_with(d.kind, 'supplement_report__')
  AND NOT EXISTS (SELECT FROM cycle.document_registration r WHERE r.document_id = d.document_id)
  AND (NOT EXISTS (SELECT FROM cycle.published_report n
                   WHERE n.cycle_id = d.cycle_id AND n.is_newest AND n.document_id = d.about_document_id)
       OR EXISTS (SELECT FROM cycle.document e
                  WHERE e.cycle_id = d.cycle_id AND starts_with(e.kind, 'summary_report__')
                    AND NOT EXISTS (SELECT FROM cycle.publication p WHERE p.document_id = e.document_id)
                    AND NOT EXISTS (SELECT FROM cycle.abandonment a
                                    WHERE a.document_id = e.document_id AND a.undone_at IS NULL)));
COMMENT ON VIEW cycle.overtaken_supplement IS 'Supplements without a number that are needed no more, as an edition or another supplement holds what they would tell.';
COMMENT ON COLUMN cycle.overtaken_supplement.document_id IS 'The supplement';
COMMENT ON COLUMN cycle.overtaken_supplement.cycle_id IS 'The cycle';

-- Which later editions and supplements are being made? Not those given up, nor a supplement without a number that was
-- overtaken, or for which nothing is left to tell.
CREATE VIEW cycle.open_report AS
SELECT d.document_id, d.cycle_id, d.kind
FROM cycle.document d
WHERE d.kind ~ '^(summary_report|supplement_report)__'
  AND NOT EXISTS (SELECT FROM cycle.publication p WHERE p.document_id = d.document_id)
  AND NOT EXISTS (SELECT FROM cycle.abandonment a WHERE a.document_id = d.document_id AND a.undone_at IS NULL)
  AND (NOT starts_with(d.kind, 'supplement_report__')
       OR EXISTS (SELECT FROM cycle.document_registration r WHERE r.document_id = d.document_id)
       OR NOT EXISTS (SELECT FROM cycle.overtaken_supplement o WHERE o.document_id = d.document_id)
          AND EXISTS (SELECT FROM mart.after_report n WHERE n.cycle_id = d.cycle_id));
COMMENT ON VIEW cycle.open_report IS 'Later editions and supplements that are being made: started, not published, not given up, and still needed.';
COMMENT ON COLUMN cycle.open_report.document_id IS 'The report';
COMMENT ON COLUMN cycle.open_report.cycle_id IS 'The cycle';
COMMENT ON COLUMN cycle.open_report.kind IS 'summary_report__2 …: later editions; supplement_report__1 …: supplements';
