-- Note a section of prose of an accepted submission.
INSERT INTO core.narrative (submission_id, cycle_id, recipient_id, section, body, sheet, cell)
VALUES (:submission_id, :cycle_id, :recipient_id, :section, :body, :sheet, :cell)
