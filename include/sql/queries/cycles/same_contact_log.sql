-- Was exactly this logged on this day already?
SELECT contact_log_id
FROM cycle.contact_log
WHERE recipient_id = :recipient_id AND channel = :channel AND spoke_with = :spoke_with AND summary = :summary
  AND promised_on IS NOT DISTINCT FROM CAST(:promised_on AS date) AND logged_by = :logged_by
  AND (occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date = (CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
ORDER BY contact_log_id
LIMIT 1
