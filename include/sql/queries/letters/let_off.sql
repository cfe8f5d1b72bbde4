-- How many offices were let off everything that they owed?
SELECT count(*)
FROM (SELECT o.recipient_id
      FROM cycle.obligation_status o
      JOIN cycle.recipient r USING (recipient_id)
      WHERE o.cycle_id = :cycle_id AND r.role = 'owes' AND NOT o.is_opt_in
      GROUP BY o.recipient_id
      HAVING bool_and(o.state = 'waived')) let_off
