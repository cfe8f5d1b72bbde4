-- How many mails to the operator could not be sent yet, and how old is the oldest?
SELECT count(*) AS operator_mails_unsent,
       coalesce(extract(epoch FROM now() - min(raised_at)), 0) AS oldest_operator_mail_seconds
FROM audit.alert
WHERE sent_at IS NULL
