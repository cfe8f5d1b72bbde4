-- A part came: take over, from the version that counted, the tables that it leaves blank. Each cell keeps its file.
WITH fact AS (
    INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, kind, state, value, unit, document_number,
                           document_on, note, explanation, sheet, cell, carried_from)
    SELECT :submission_id, cycle_id, recipient_id, indicator, year, kind, state, value, unit, document_number,
           document_on, note, explanation, sheet, cell, coalesce(carried_from, submission_id)
    FROM core.fact
    WHERE submission_id = :previous AND CASE kind WHEN 'mark' THEN 'marks' ELSE 'quantities' END = ANY(:tables)
),
prose AS (
    INSERT INTO core.narrative (submission_id, cycle_id, recipient_id, section, body, sheet, cell, carried_from)
    SELECT :submission_id, cycle_id, recipient_id, section, body, sheet, cell, coalesce(carried_from, submission_id)
    FROM core.narrative
    WHERE submission_id = :previous AND 'sections' = ANY(:tables)
)
INSERT INTO core.list_row (submission_id, cycle_id, recipient_id, list, position, content, sheet, first_cell, carried_from)
SELECT :submission_id, cycle_id, recipient_id, list, position, content, sheet, first_cell,
       coalesce(carried_from, submission_id)
FROM core.list_row
WHERE submission_id = :previous AND list = ANY(:tables)
