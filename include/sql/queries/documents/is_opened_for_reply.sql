-- Is it on record already for which reply this cycle was opened?
SELECT EXISTS (SELECT FROM audit.event WHERE cycle_id = :cycle_id AND kind = 'opened_for_reply')
