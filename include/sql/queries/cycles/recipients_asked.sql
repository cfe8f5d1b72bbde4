-- To which recipients did a request or its copy go, or may it have gone?
SELECT DISTINCT recipient_id
FROM cycle.message
WHERE cycle_id = :cycle_id AND step IN ('request', 'copy') AND state IN ('sending', 'sent', 'ambiguous')
ORDER BY recipient_id
