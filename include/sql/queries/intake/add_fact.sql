-- Note a mark of an accepted submission.
INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, is_marked, document_number, document_on,
                       note, sheet, cell)
VALUES (:submission_id, :cycle_id, :recipient_id, :indicator, :year, :is_marked, :document_number, :document_on,
        :note, :sheet, :cell)
