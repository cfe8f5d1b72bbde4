-- What did a person let pass in this cycle?
SELECT item, finding_hash, reason, overridden_by FROM cycle.checklist_override WHERE cycle_id = :cycle_id
