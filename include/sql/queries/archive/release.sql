-- End a hold that has not ended.
INSERT INTO audit.archive_release (hold_id, reason, released_by)
SELECT h.hold_id, :reason, :released_by FROM audit.archive_hold h WHERE h.hold_id = :hold_id
ON CONFLICT (hold_id) DO NOTHING
