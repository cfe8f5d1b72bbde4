-- Freeze a form version at its first use; returns the hash that is frozen, which may be an earlier one.
-- (the update changes nothing; it returns the row even where another opening froze it a moment ago)
INSERT INTO cycle.form_version AS frozen (form_code, version, content, content_hash)
VALUES (:form_code, :version, CAST(:content AS jsonb), :content_hash)
ON CONFLICT (form_code, version) DO UPDATE SET frozen_at = frozen.frozen_at
RETURNING content_hash
