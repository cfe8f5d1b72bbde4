-- Keep after all what this hold covers and a disposal decided on, where its bytes are not removed yet.
UPDATE intake.archived_file
SET disposed_at = NULL, disposed_by = NULL, disposed_because = NULL
WHERE disposed_at IS NOT NULL AND removed_at IS NULL
  AND sha256 IN (SELECT h.sha256 FROM intake.held_file h WHERE h.hold_id = :hold_id)
RETURNING sha256
