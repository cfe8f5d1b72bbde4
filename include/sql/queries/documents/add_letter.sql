-- Start a letter beside the plan.
INSERT INTO cycle.document (cycle_id, kind, title, about_document_id, content)
VALUES (:cycle_id, :kind, :title, :about_document_id, CAST(:content AS jsonb))
