-- Change what a letter beside the plan says.
UPDATE cycle.document SET content = CAST(:content AS jsonb) WHERE document_id = :document_id
