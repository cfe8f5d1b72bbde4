-- Does a new edition, or another report, hold what this supplement would tell?
SELECT EXISTS (SELECT FROM cycle.overtaken_supplement WHERE document_id = :document_id)
