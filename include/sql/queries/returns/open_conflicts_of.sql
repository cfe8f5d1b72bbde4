-- Which conflicts of this recipient wait for a decision?
SELECT k.conflict_id, k.standing_submission_id, k.other_submission_id, o.version AS other_version,
       o.is_nil AS other_is_nil
FROM intake.open_conflict k
JOIN intake.submission o ON o.submission_id = k.other_submission_id
WHERE k.recipient_id = :recipient_id
ORDER BY k.conflict_id
