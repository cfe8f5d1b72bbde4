-- Take the unit's wording of a section back; its row stays.
UPDATE cycle.section_text SET undone_at = :undone_at, undone_by = :undone_by
WHERE cycle_id = :cycle_id AND kind = :kind AND section = :section AND undone_at IS NULL
