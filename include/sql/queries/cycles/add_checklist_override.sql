-- Let a finding pass, once.
INSERT INTO cycle.checklist_override (cycle_id, item, finding_hash, reason, overridden_by, overridden_at)
VALUES (:cycle_id, :item, :finding_hash, :reason, :by, :at)
ON CONFLICT (cycle_id, item, finding_hash) DO NOTHING
