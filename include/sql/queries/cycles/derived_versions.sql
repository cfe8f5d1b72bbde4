-- Which versions were derived from this version of a form, with which content?
SELECT version, content
FROM cycle.form_version
WHERE form_code = :form_code AND version LIKE CAST(:version AS text) || '.%'
ORDER BY frozen_at, version
