-- Nobody else changes or adds a contact until this transaction ends; reading goes on. Who adds or changes several takes this
-- turn first; a mail that comes back, which changes one, waits for the rows.
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended('registry.contact', 0)))
SELECT count(*)
FROM (SELECT c.contact_id FROM registry.contact c CROSS JOIN turn ORDER BY c.contact_id FOR UPDATE OF c) AS held
