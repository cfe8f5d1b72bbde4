-- What the virus scanner said of files that came, and whether it answers.

CREATE TABLE intake.virus_scan (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    verdict text NOT NULL CHECK (verdict IN ('clean','infected','unscanned')),
    signature text,
    engine text NOT NULL,
    try_count integer NOT NULL DEFAULT 1,
    scanned_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((verdict = 'clean') = (signature IS NULL))
);
COMMENT ON TABLE intake.virus_scan IS 'What the virus scanner said last of each file that came, by its content: asked once, unless it could not tell, or a person decides of the delivery.';
COMMENT ON COLUMN intake.virus_scan.sha256 IS 'Hash of the content: of a whole delivery, or of a file that lay in one';
COMMENT ON COLUMN intake.virus_scan.verdict IS 'clean; infected: never opened; unscanned: the scanner failed on it';
COMMENT ON COLUMN intake.virus_scan.signature IS 'The name that the scanner gives to what it found; of an unscanned file why it failed; null: clean';
COMMENT ON COLUMN intake.virus_scan.engine IS 'Version of the scanner and of its signatures, as it tells it';
COMMENT ON COLUMN intake.virus_scan.try_count IS 'How often the scanner was asked; an unscanned file is put aside after the third time';
COMMENT ON COLUMN intake.virus_scan.scanned_at IS 'When it was last asked, by the machine''s clock';

CREATE TABLE intake.virus_scanner (
    address text PRIMARY KEY,
    failing_since timestamptz,
    problem text,
    next_try_at timestamptz,
    CHECK ((failing_since IS NULL) = (problem IS NULL)),
    CHECK ((failing_since IS NULL) = (next_try_at IS NULL))
);
COMMENT ON TABLE intake.virus_scanner IS 'Whether the virus scanner answers: while it does not, what came waits unopened.';
COMMENT ON COLUMN intake.virus_scanner.address IS 'Where it listens, as configured';
COMMENT ON COLUMN intake.virus_scanner.failing_since IS 'First failure since its last answer; null: it answers';
COMMENT ON COLUMN intake.virus_scanner.problem IS 'What went wrong last; null: it answers';
COMMENT ON COLUMN intake.virus_scanner.next_try_at IS 'Before then nobody asks it again, by the machine''s clock; null: it answers';
