-- Forget the rows of a mart for some recipients.
DELETE FROM mart.{mart} WHERE recipient_id = ANY (CAST(:recipient_ids AS bigint[]))
