-- Is the scanner left alone for a while, since it did not answer? It is for a minute: more is a clock that was put back.
SELECT EXISTS (SELECT FROM intake.virus_scanner
               WHERE address = :address AND next_try_at > clock_timestamp()
                 AND next_try_at < clock_timestamp() + interval '2 minutes')
