-- Keep a computed figure of a report's draft, and the section in which it stands.
INSERT INTO cycle.document_figure (document_id, version, figure, value, section)
VALUES (:document_id, :version, :code, :value, :section)
