-- How did the cycle go, in numbers?
SELECT
    (SELECT count(*) FROM cycle.recipient WHERE cycle_id = :cycle_id AND role = 'owes') AS recipients,
    (SELECT count(DISTINCT recipient_id) FROM cycle.message
     WHERE cycle_id = :cycle_id AND step = 'request' AND state = 'sent') AS requests_sent,
    (SELECT count(DISTINCT recipient_id) FROM cycle.message
     WHERE cycle_id = :cycle_id AND step = 'urging' AND state IN ('sent', 'ambiguous')) AS urged,
    (SELECT count(*) FROM intake.submission WHERE cycle_id = :cycle_id AND channel = 'mail') AS received,
    (SELECT count(*) FROM intake.submission WHERE cycle_id = :cycle_id AND outcome = 'to_complete') AS to_complete,
    (SELECT count(*) FROM core.current_submission WHERE cycle_id = :cycle_id) AS accepted,
    (SELECT count(*) FROM mart.recipient_status WHERE cycle_id = :cycle_id AND timeliness = 'late') AS late,
    (SELECT count(*) FROM mart.recipient_status WHERE cycle_id = :cycle_id AND is_entered_by_ministry) AS entered_by_ministry,
    (SELECT count(*) FROM mart.recipient_status WHERE cycle_id = :cycle_id AND accepted_at IS NULL
       AND data_form_state NOT IN ('nil', 'confidential')) AS missing,
    (SELECT count(*) FROM intake.incoming_document WHERE cycle_id = :cycle_id) AS signed_reports
