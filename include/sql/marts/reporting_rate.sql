-- What does each obligation add to the rate of reporting of its deliverable, list and region?
-- Tasks, and what an office may choose to give, are owed by nobody.
SELECT o.cycle_id, o.recipient_id, o.deliverable, o.group_code, o.region_scheme, o.region,
       o.is_asked AS asked_count,
       o.is_asked AND o.timeliness = 'on_time' AS on_time_count,
       o.is_asked AND o.timeliness = 'extended_on_time' AS extended_count,
       o.is_asked AND o.timeliness = 'late' AS late_count,
       o.is_asked AND o.timeliness = 'missing' AS missing_count,
       o.is_asked AND o.timeliness = 'not_due' AS not_due_count,
       o.is_asked AND o.timeliness = 'nil' AS nil_count,
       o.is_asked AND o.timeliness = 'waived' AS waived_count,
       o.is_asked AND o.timeliness = 'confidential' AS confidential_count,
       o.is_asked AND o.state IN ('completed', 'nil', 'confidential') AS complete_count,
       o.is_asked AND o.first_received_at IS NOT NULL AS received_count,
       o.is_asked AND o.kind = 'data_form' AND s.is_first_pass AS first_pass_count
FROM mart.obligation o
JOIN mart.recipient_status s ON s.recipient_id = o.recipient_id
JOIN cycle.deliverable d ON d.cycle_id = o.cycle_id AND d.deliverable = o.deliverable
WHERE o.kind <> 'task' AND NOT d.is_opt_in
