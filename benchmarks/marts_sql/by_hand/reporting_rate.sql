-- The rate of reporting.
SELECT o.cycle_id, o.deliverable, o.group_code, o.region_scheme, o.region,
       (count(*) FILTER (WHERE o.is_asked))::integer AS asked_count,
       (count(*) FILTER (WHERE o.is_asked AND o.timeliness = 'on_time'))::integer AS on_time_count,
       (count(*) FILTER (WHERE o.is_asked AND o.timeliness = 'extended_on_time'))::integer AS extended_count,
       (count(*) FILTER (WHERE o.is_asked AND o.timeliness = 'late'))::integer AS late_count,
       (count(*) FILTER (WHERE o.is_asked AND o.timeliness = 'missing'))::integer AS missing_count,
       (count(*) FILTER (WHERE o.is_asked AND o.timeliness = 'not_due'))::integer AS not_due_count,
       (count(*) FILTER (WHERE o.is_asked AND o.timeliness = 'nil'))::integer AS nil_count,
       (count(*) FILTER (WHERE o.is_asked AND o.timeliness = 'waived'))::integer AS waived_count,
       (count(*) FILTER (WHERE o.is_asked AND o.timeliness = 'confidential'))::integer AS confidential_count,
       (count(*) FILTER (WHERE o.is_asked AND o.state IN ('completed', 'nil', 'confidential')))::integer AS complete_count,
       (count(*) FILTER (WHERE o.is_asked AND o.first_received_at IS NOT NULL))::integer AS received_count,
       (count(*) FILTER (WHERE o.is_asked AND o.kind = 'data_form' AND s.is_first_pass))::integer AS first_pass_count,
       count(*)::integer AS row_count
FROM mart.obligation o
JOIN mart.recipient_status s USING (recipient_id)
JOIN cycle.deliverable d ON d.cycle_id = o.cycle_id AND d.deliverable = o.deliverable
WHERE o.kind <> 'task' AND NOT d.is_opt_in
GROUP BY o.cycle_id, o.deliverable, o.group_code, o.region_scheme, o.region
