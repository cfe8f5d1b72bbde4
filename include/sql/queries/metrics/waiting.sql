-- How much waits for a person, of each kind, and how long does the oldest wait? By the cycle's clock; deliveries by the
-- machine's.
SELECT x.kind, x.mode, count(w.kind) AS waiting,
       coalesce(max(extract(epoch FROM w.age)), 0) AS oldest_waiting_seconds
FROM (SELECT k.kind, m.mode
      FROM unnest(ARRAY['arrival', 'unreachable', 'message', 'registration', 'refused', 'fault', 'conflict']) AS k (kind)
      CROSS JOIN unnest(ARRAY['live', 'rehearsal']) AS m (mode)) x
LEFT JOIN (
    SELECT f.kind, coalesce(c.mode, a.mode, 'live') AS mode,
           CASE WHEN a.arrival_id IS NOT NULL THEN now() - a.collected_at
                ELSE coalesce(k.now_at, now()) - f.since END AS age
    FROM intake.for_a_person f
    LEFT JOIN cycle.cycle c USING (cycle_id)
    LEFT JOIN cycle.clock k USING (clock_id)
    LEFT JOIN intake.arrival a USING (arrival_id)
) w ON w.kind = x.kind AND w.mode = x.mode
GROUP BY x.kind, x.mode
