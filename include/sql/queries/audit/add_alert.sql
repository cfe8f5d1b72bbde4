-- Note what the operator is to be told; once per key.
INSERT INTO audit.alert (alert_key, subject, body)
VALUES (:alert_key, :subject, :body)
ON CONFLICT (alert_key) DO NOTHING
