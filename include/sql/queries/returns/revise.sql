-- A version comes again and may say something else: its next revision, before what it says is changed. (what a report rests
-- on is kept then: core.former_content)
UPDATE intake.submission SET revision = revision + 1 WHERE submission_id = :submission_id
