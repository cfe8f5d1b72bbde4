-- A mail replies to the answer to one version of this office: what did that answer list, in its order? A receipt lists the
-- warnings that are no mere notices, a request to complete everything; what was explained in the workbook itself is in neither.
-- The answer to an explanation goes on with the list of the mail that was explained, the receipt of a repeat with that of
-- the version that was sent again.
WITH RECURSIVE replied AS (
    SELECT m.recipient_id, m.step, m.sequence
    FROM intake.arrival a
    JOIN cycle.message m ON m.message_id_header = a.in_reply_to
    JOIN cycle.recipient r ON r.recipient_id = m.recipient_id AND r.reference_code = :reference_code
    WHERE a.arrival_id = :arrival_id
    UNION
    SELECT m.recipient_id, m.step, m.sequence
    FROM replied p
    JOIN intake.arrival a ON p.step = 'explained' AND a.arrival_id = p.sequence
    JOIN cycle.message m ON m.message_id_header = a.in_reply_to AND m.recipient_id = p.recipient_id
),
version AS (
    SELECT s.submission_id
    FROM replied p
    JOIN intake.submission s ON s.recipient_id = p.recipient_id AND s.version = p.sequence
    WHERE p.step IN ('receipt', 'completion_request')
    UNION
    SELECT s.submission_id
    FROM replied p
    JOIN intake.attachment t ON p.step = 'repeat' AND t.arrival_id = p.sequence
    JOIN intake.submission s ON s.recipient_id = p.recipient_id AND s.file_sha256 = t.file_sha256
)
SELECT s.submission_id, s.cycle_id, s.recipient_id, w.position, w.severity, w.message, w.explanation
FROM version v
JOIN intake.submission s USING (submission_id)
JOIN intake.finding w USING (submission_id)
WHERE (SELECT count(*) FROM version) = 1  -- a delivery may repeat several
  AND (s.outcome = 'to_complete' OR w.severity = 'warning' AND w.rule <> ALL (CAST(:notices AS text[])))
  AND w.rule_waiver_id IS NULL AND (w.explanation IS NULL OR w.explanation_arrival_id IS NOT NULL)
ORDER BY w.position
