-- Has somebody stopped all mail?
SELECT coalesce((SELECT is_on FROM cycle.switch WHERE name = 'mail_stopped'), false)
