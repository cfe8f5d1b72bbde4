-- The operator was told by mail.
UPDATE audit.alert SET sent_at = clock_timestamp() WHERE alert_key = :alert_key
