-- May this transaction load the registry? It waits until no other one does.
SELECT pg_advisory_xact_lock(hashtext('registry.load'));
