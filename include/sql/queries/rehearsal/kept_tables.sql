-- Which tables hold what became of cycles?
SELECT format('%I.%I', schemaname, tablename)
FROM pg_tables
WHERE schemaname IN ('cycle', 'intake', 'core', 'mart', 'audit')
   OR (schemaname = 'registry' AND tablename IN ('contact', 'contact_change', 'sender_alias'))
ORDER BY 1
