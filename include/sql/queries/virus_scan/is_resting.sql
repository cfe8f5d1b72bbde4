-- Is the scanner left alone for a while, since it did not answer?
SELECT EXISTS (SELECT FROM intake.virus_scanner WHERE address = :address AND next_try_at > clock_timestamp())
