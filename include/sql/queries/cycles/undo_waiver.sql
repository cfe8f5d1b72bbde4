-- A waiver was entered wrongly: the obligation holds again.
UPDATE cycle.waiver SET undone_at = :undone_at, undone_by = :undone_by, undone_because = :undone_because
WHERE waiver_id = :waiver_id AND undone_at IS NULL
