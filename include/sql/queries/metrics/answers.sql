-- Of each cycle that goes on: how much is asked for, how much of it was given, in time, late, complete, at the first go? By
-- deliverable; summed up from the marts, which are at most some minutes old.
SELECT c.cycle_id AS cycle, c.mode, r.deliverable,
       sum(r.asked_count) - sum(r.waived_count) AS asked,
       sum(r.asked_count) - sum(r.waived_count) - sum(r.complete_count) AS outstanding,
       sum(r.complete_count) AS complete,
       sum(r.received_count) AS received,
       sum(r.on_time_count) + sum(r.extended_count) AS received_in_time,
       sum(r.late_count) AS received_late,
       sum(r.missing_count) AS missing,
       CASE WHEN r.deliverable = ANY (f.forms) AND sum(r.received_count) > 0
            THEN sum(r.first_pass_count)::numeric / sum(r.received_count) END AS first_pass_ratio
FROM cycle.watched_cycle c
JOIN mart.reporting_rate r ON r.cycle_id = c.cycle_id
CROSS JOIN LATERAL (
    SELECT array_agg(d.deliverable) AS forms
    FROM cycle.deliverable d
    WHERE d.cycle_id = c.cycle_id AND d.kind = 'data_form'
) f
GROUP BY c.cycle_id, c.mode, r.deliverable, f.forms
