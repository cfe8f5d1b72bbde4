-- Which cycles' marts lag behind: how many changes wait since when, and of how many recipients has a day passed?
SELECT cycle_id, coalesce(w.change_count, 0) AS change_count, w.since, coalesce(d.overdue_count, 0) AS overdue_count
FROM (SELECT cycle_id, count(*) AS change_count, min(noted_at) AS since FROM mart.change GROUP BY cycle_id) w
FULL JOIN (
    SELECT cycle_id, count(DISTINCT o.recipient_id) AS overdue_count
    FROM cycle.cycle c
    JOIN cycle.clock k USING (clock_id)
    JOIN mart.obligation o USING (cycle_id)
    WHERE o.timeliness = 'not_due' AND o.kind <> 'task' AND o.due_at <= coalesce(k.now_at, now())
    GROUP BY cycle_id
) d USING (cycle_id)
ORDER BY cycle_id
