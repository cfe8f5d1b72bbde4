-- Which cycles without steps left gave out a report within the last 90 days of which they mail copies? An office that had no
-- contact in use then gets its copy when it has one.
SELECT DISTINCT p.cycle_id
FROM cycle.published_report p
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.clock t ON t.clock_id = c.clock_id AND NOT t.is_conducted
WHERE jsonb_array_length(c.regime_content -> 'report' -> 'mailed_to') > 0
  AND p.published_at > coalesce(t.now_at, clock_timestamp()) - interval '90 days'
  AND NOT EXISTS (SELECT FROM cycle.milestone m WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL)
  AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = c.cycle_id)
ORDER BY p.cycle_id
