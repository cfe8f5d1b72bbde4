-- Which letters of a family (such as erratum_letter) does a cycle have, and what does each say?
SELECT kind, about_document_id, content, split_part(kind, '__', 2)::integer AS sequence
FROM cycle.document
WHERE cycle_id = :cycle_id AND split_part(kind, '__', 1) = :family AND content IS NOT NULL
ORDER BY sequence
