-- Which conflicts wait for a decision (or one that is asked for, however it stands), oldest first? `followed_by`: the conflict
-- of the version that took the place of the standing one.
SELECT k.conflict_id, k.cycle_id, c.title, c.mode, r.recipient_id, r.reference_code, r.name, r.short_name, k.found_at, k.cells,
       k.standing_submission_id, x.version AS standing_version, x.sender AS standing_sender,
       x.filename AS standing_filename, x.received_at AS standing_received_at,
       k.other_submission_id, y.version AS other_version, y.sender AS other_sender,
       y.filename AS other_filename, y.received_at AS other_received_at,
       k.kept_submission_id, k.decided_by, k.decided_at, k.reason,
       (SELECT max(l.conflict_id) FROM intake.conflict l
        WHERE l.other_submission_id = k.other_submission_id AND l.conflict_id > k.conflict_id
          AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w
                          WHERE w.submission_id = l.standing_submission_id)) AS followed_by
FROM intake.conflict k
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.recipient r ON r.recipient_id = k.recipient_id
JOIN intake.submission x ON x.submission_id = k.standing_submission_id
JOIN intake.submission y ON y.submission_id = k.other_submission_id
WHERE CASE WHEN CAST(:conflict_id AS bigint) IS NULL THEN
          k.conflict_id IN (SELECT n.conflict_id FROM intake.open_conflict n)
      ELSE k.conflict_id = :conflict_id END
ORDER BY k.found_at, k.conflict_id
