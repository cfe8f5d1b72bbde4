-- Be the only one that makes a backup, and let no file be disposed of, for as long as this session lives. False: another one
-- makes a backup. A disposal that is under way is waited for.
SELECT CASE WHEN pg_try_advisory_lock(hashtextextended('reporting.backup', 0))
            THEN pg_advisory_lock(hashtextextended('reporting.backup.files', 0)) IS NOT NULL
            ELSE false END
