-- Who last stopped all mail or let it go again, when and why?
SELECT is_on, changed_by, changed_at, reason
FROM cycle.switch
WHERE name = 'mail_stopped'
