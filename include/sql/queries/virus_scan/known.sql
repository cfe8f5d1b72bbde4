-- What was said of these files?
SELECT sha256, verdict, signature, engine, try_count
FROM intake.virus_scan
WHERE sha256 = ANY (CAST(:hashes AS text[]))
