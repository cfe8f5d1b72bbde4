-- Of which of these offices does another version count than the one that was read, and which?
SELECT r.short_name, k.version
FROM core.contribution k
JOIN cycle.recipient r USING (recipient_id)
WHERE k.recipient_id = ANY (:recipient_ids) AND k.version <> :version
ORDER BY r.group_code, r.position
