-- Hold something back from disposal.
INSERT INTO audit.archive_hold (scope, cycle_id, organization_id, sha256, from_on, to_on, reason, held_by)
VALUES (:scope, :cycle_id, :organization_id, :sha256, :from_on, :to_on, :reason, :held_by)
RETURNING hold_id
