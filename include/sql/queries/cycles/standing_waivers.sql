-- Which of these obligations were let off, and how?
SELECT obligation_id, waiver_id, asked_how, asked_by, reason, agreed_by, agreed_on
FROM cycle.waiver
WHERE obligation_id = ANY(:obligation_ids) AND undone_at IS NULL
