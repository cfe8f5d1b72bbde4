-- Which cycle came before this one, and how many of its offices gave figures?
SELECT c.cycle_id, c.title, c.period_from, c.period_to, count(*)::integer AS office_count,
       (count(*) FILTER (WHERE s.data_form_state IN ('completed', 'partial')))::integer AS answered_count
FROM cycle.previous_cycle p
JOIN cycle.cycle c ON c.cycle_id = p.previous_cycle_id
JOIN mart.recipient_status s ON s.cycle_id = c.cycle_id
WHERE p.cycle_id = :cycle_id
GROUP BY c.cycle_id, c.title, c.period_from, c.period_to
