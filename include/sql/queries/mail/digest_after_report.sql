-- After the newest published report of which live cycles did offices send, change or take back something, and is another
-- report (edition, supplement) being made already? Also cycles where an edition is being made though nothing came.
SELECT c.cycle_id, c.title, p.number, p.registered_on, o.is_open,
       ARRAY(SELECT a.short_name FROM mart.after_report a
             WHERE a.cycle_id = c.cycle_id GROUP BY a.short_name, a.position ORDER BY a.position) AS offices
FROM cycle.cycle c
JOIN cycle.published_report p ON p.cycle_id = c.cycle_id AND p.is_newest
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM cycle.open_report x WHERE x.cycle_id = c.cycle_id) AS is_open) o
WHERE c.mode = 'live'
  AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = c.cycle_id)
  AND (o.is_open OR EXISTS (SELECT FROM mart.after_report a WHERE a.cycle_id = c.cycle_id))
ORDER BY c.cycle_id
