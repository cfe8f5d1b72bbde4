-- Was this report given up?
SELECT EXISTS (SELECT FROM cycle.abandonment WHERE document_id = :document_id AND undone_at IS NULL)
