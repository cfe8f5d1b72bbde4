-- Which files of one office contradicted each other, and what was decided?
SELECT r.organization_id, b.version AS standing_version, b.sender AS standing_sender, o.version AS other_version,
       o.sender AS other_sender, k.cells, k.found_at, n.version AS kept_version, k.decided_by, k.decided_at, k.reason
FROM intake.conflict k
JOIN cycle.recipient r USING (recipient_id)
JOIN intake.submission b ON b.submission_id = k.standing_submission_id
JOIN intake.submission o ON o.submission_id = k.other_submission_id
LEFT JOIN intake.submission n ON n.submission_id = k.kept_submission_id
WHERE k.cycle_id = :cycle_id
ORDER BY r.position, k.conflict_id
