-- Was a new edition of the report started after this supplement?
SELECT EXISTS (SELECT FROM cycle.document d
               JOIN cycle.document e ON e.cycle_id = d.cycle_id AND e.document_id > d.document_id
               WHERE d.document_id = :document_id AND e.kind ~ '^summary_report__')
