-- Which extension of each of these obligations holds?
SELECT DISTINCT ON (obligation_id)
       obligation_id, extension_id, due_at, asked_how, asked_by, reason, agreed_by, agreed_on
FROM cycle.extension
WHERE obligation_id = ANY(:obligation_ids) AND undone_at IS NULL
ORDER BY obligation_id, extension_id DESC
