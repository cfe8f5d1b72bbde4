-- An extension was entered wrongly: the deadline before it holds again.
UPDATE cycle.extension SET undone_at = :undone_at, undone_by = :undone_by, undone_because = :undone_because
WHERE extension_id = :extension_id AND undone_at IS NULL
