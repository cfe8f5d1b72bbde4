-- Which wordings of its own does the unit want in a report, by section?
SELECT t.section, t.mode, t.body, t.entered_by, t.entered_at
FROM cycle.section_text t
WHERE t.cycle_id = :cycle_id AND t.kind = :kind AND t.undone_at IS NULL
ORDER BY t.section
