-- What is to be mended of which section of this draft?
SELECT m.version, m.step, m.section, m.remark, m.entered_by, m.entered_at
FROM cycle.document_remark m
WHERE m.document_id = :document_id AND m.version = :version
ORDER BY m.remark_id
