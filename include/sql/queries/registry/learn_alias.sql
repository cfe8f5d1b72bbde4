-- Learn that an address speaks for an office; one that was forgotten is learnt anew.
INSERT INTO registry.sender_alias (email, organization_id, learnt_from, reason, taught_by, taught_at)
VALUES (:email, :organization_id, :learnt_from, :reason, :taught_by, :taught_at)
ON CONFLICT (email, organization_id) DO UPDATE
SET learnt_from = excluded.learnt_from, reason = excluded.reason, taught_by = excluded.taught_by,
    taught_at = excluded.taught_at, undone_at = NULL, undone_by = NULL
