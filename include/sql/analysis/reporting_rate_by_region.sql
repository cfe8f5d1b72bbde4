-- What share of the offices asked answered, by region and cycle, and how many in time?
-- parameter cycle_id: one cycle; without it all
-- parameter regime: one regime; without it all
-- parameter mode = live: live or rehearsal, where no cycle is named
-- parameter deliverable = data_form: what was asked for
SELECT c.cycle_id, c.title AS cycle_title, r.region, sum(r.asked_count) AS asked_count, sum(r.received_count) AS received_count,
       sum(r.on_time_count + r.extended_count) AS in_time_count, sum(r.late_count) AS late_count,
       sum(r.missing_count) AS missing_count,
       round(100.0 * sum(r.received_count) / nullif(sum(r.asked_count), 0), 1) AS rate
FROM mart.reporting_rate r
JOIN cycle.cycle c USING (cycle_id)
WHERE r.deliverable = :deliverable AND r.region <> ''
  AND CASE WHEN CAST(:cycle_id AS text) IS NULL THEN c.mode = :mode ELSE r.cycle_id = :cycle_id END
  AND (CAST(:regime AS text) IS NULL OR c.regime = :regime)
GROUP BY c.cycle_id, c.title, c.period_to, r.region
ORDER BY c.period_to, c.cycle_id, r.region;
