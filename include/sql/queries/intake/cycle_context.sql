-- What must be known of a cycle to check an answer to it? (the form as it was frozen when the cycle was opened)
SELECT c.cycle_id, c.title, c.period_from, c.period_to, f.content AS form_content,
       coalesce((SELECT jsonb_object_agg(o.cycle_id, o.title) FROM cycle.cycle o
                 WHERE o.mode = c.mode AND o.cycle_id <> c.cycle_id), '{}') AS other_cycles
FROM cycle.cycle c
LEFT JOIN cycle.form_version f ON f.form_code = c.form_code AND f.version = c.form_version
WHERE c.cycle_id = :cycle_id
