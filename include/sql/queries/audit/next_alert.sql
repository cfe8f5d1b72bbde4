-- Which alert is to be sent next? Locked, so that two processes do not send it both.
SELECT alert_key, subject, body
FROM audit.alert
WHERE sent_at IS NULL
ORDER BY raised_at
LIMIT 1
FOR UPDATE SKIP LOCKED
