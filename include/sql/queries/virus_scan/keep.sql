-- Keep what the scanner said of a file last; a failure is counted and takes nothing back that it could tell before.
INSERT INTO intake.virus_scan AS kept (sha256, verdict, signature, engine)
VALUES (:sha256, :verdict, :signature, :engine)
ON CONFLICT (sha256) DO UPDATE
SET verdict = excluded.verdict, signature = excluded.signature, engine = excluded.engine,
    try_count = kept.try_count + 1, scanned_at = clock_timestamp()
WHERE kept.verdict = 'unscanned' OR excluded.verdict <> 'unscanned'
RETURNING try_count
