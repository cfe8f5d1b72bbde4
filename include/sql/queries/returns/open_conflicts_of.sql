-- Which conflicts of this recipient wait for a decision?
SELECT k.conflict_id, k.standing_submission_id, k.other_submission_id
FROM intake.conflict k
WHERE k.recipient_id = :recipient_id AND k.decided_at IS NULL
ORDER BY k.conflict_id
