-- Note a mark or quantity of an accepted submission.
INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, kind, state, value, unit, document_number,
                       document_on, note, explanation, sheet, cell)
VALUES (:submission_id, :cycle_id, :recipient_id, :indicator, :year, :kind, :state, :value, :unit, :document_number,
        :document_on, :note, :explanation, :sheet, :cell)
