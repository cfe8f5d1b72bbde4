-- How many discrepancies did the newest consolidation of this cycle note (since its close, where it is closed)?
SELECT CAST(e.detail ->> 'discrepancies' AS integer)
FROM audit.event e
LEFT JOIN cycle.milestone m ON m.cycle_id = e.cycle_id AND m.step = 'close'
WHERE e.cycle_id = :cycle_id AND e.kind = 'consolidated' AND (m.done_at IS NULL OR e.occurred_at >= m.done_at)
ORDER BY e.event_id DESC
LIMIT 1
