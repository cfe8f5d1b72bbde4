-- Freeze a form version at its first use; returns the hash that is frozen, which may be an earlier one.
WITH added AS (
    INSERT INTO cycle.form_version (form_code, version, content, content_hash)
    VALUES (:form_code, :version, CAST(:content AS jsonb), :content_hash)
    ON CONFLICT (form_code, version) DO NOTHING
    RETURNING content_hash
)
SELECT content_hash FROM added
UNION ALL
SELECT content_hash FROM cycle.form_version WHERE form_code = :form_code AND version = :version
LIMIT 1
