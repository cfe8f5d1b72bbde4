-- Note that the scanner answers again.
UPDATE intake.virus_scanner
SET failing_since = NULL, problem = NULL, next_try_at = NULL
WHERE address = :address AND failing_since IS NOT NULL
RETURNING address
