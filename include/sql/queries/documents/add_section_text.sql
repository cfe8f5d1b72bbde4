-- Keep the unit's own wording of a section.
INSERT INTO cycle.section_text (cycle_id, kind, section, mode, body, entered_by, entered_at)
VALUES (:cycle_id, :kind, :section, :mode, :body, :entered_by, :entered_at)
