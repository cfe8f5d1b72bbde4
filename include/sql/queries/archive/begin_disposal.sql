-- May files be disposed of until this transaction ends? Not while a backup is being made; holds wait for it from now on.
SELECT pg_try_advisory_xact_lock_shared(hashtextextended('reporting.backup.files', 0))
   AND pg_advisory_xact_lock_shared(hashtextextended('reporting.disposal', 0)) IS NOT NULL
