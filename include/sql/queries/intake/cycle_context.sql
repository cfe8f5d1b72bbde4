-- What must be known of a cycle to check an answer to it?
SELECT cycle_id, title, mode, form_code, form_version, period_from, period_to
FROM cycle.cycle
WHERE cycle_id = :cycle_id
