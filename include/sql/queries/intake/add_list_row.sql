-- Note a row of an open table of an accepted submission.
INSERT INTO core.list_row (submission_id, cycle_id, recipient_id, list, position, content, sheet, first_cell)
VALUES (:submission_id, :cycle_id, :recipient_id, :list, :position, CAST(:content AS jsonb), :sheet, :first_cell)
