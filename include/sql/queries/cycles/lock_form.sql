-- Only one process gives out a version of this form at a time; released with the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('reporting.form:' || :form_code, 0))
