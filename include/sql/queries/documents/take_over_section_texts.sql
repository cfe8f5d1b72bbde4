-- A new edition begins with the unit's own wordings of the former one.
INSERT INTO cycle.section_text (cycle_id, kind, section, mode, body, entered_by, entered_at)
SELECT t.cycle_id, :kind, t.section, t.mode, t.body, t.entered_by, t.entered_at
FROM cycle.section_text t
WHERE t.cycle_id = :cycle_id AND t.kind = :former AND t.undone_at IS NULL
