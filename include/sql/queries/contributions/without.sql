-- Which of these offices wrote nothing in words, in the version of their answer that counts?
SELECT r.short_name
FROM cycle.recipient r
WHERE r.recipient_id = ANY (:recipient_ids)
  AND NOT EXISTS (SELECT FROM core.contribution k WHERE k.recipient_id = r.recipient_id)
ORDER BY r.group_code, r.position
