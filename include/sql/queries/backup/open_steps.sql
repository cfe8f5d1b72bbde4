-- What of the plans of cycles was due at the loss and is not done in the restored warehouse? People may have done it in
-- between: drafts approved, letters numbered.
SELECT s.cycle_id, c.title, s.step, s.due_at
FROM cycle.milestone s
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.clock k USING (clock_id)
WHERE s.done_at IS NULL AND s.due_at <= coalesce(k.now_at, (SELECT max(lost_at) FROM audit.open_restore))
  AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = s.cycle_id)
ORDER BY s.cycle_id, s.due_at
