-- Which was the newest draft before this one about which anybody decided? Null: none.
SELECT max(x.version) FROM cycle.document_decision x WHERE x.document_id = :document_id AND x.version < :version
