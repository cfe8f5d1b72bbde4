-- Keep what is to be mended of a section of a draft.
INSERT INTO cycle.document_remark (document_id, version, step, section, remark, entered_by, entered_at)
VALUES (:document_id, :version, :step, :section, :remark, :entered_by, :entered_at)
ON CONFLICT (document_id, version, step, section, remark) DO NOTHING
