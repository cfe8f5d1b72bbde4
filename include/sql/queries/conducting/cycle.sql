-- What was rehearsed: its title, deadline and clock, and how many offices owe, are copied, and owe something still?
SELECT c.cycle_id, c.title, c.subject, c.regime, c.period, c.mode, c.kind, c.deadline_phrase, c.due_at, c.upstream_due_on,
       k.now_at, k.keeps_mail,
       (SELECT count(*) FROM cycle.recipient r WHERE r.cycle_id = c.cycle_id AND r.role = 'owes') AS owing,
       (SELECT count(*) FROM cycle.recipient r WHERE r.cycle_id = c.cycle_id AND r.role = 'copied') AS copied,
       (SELECT count(DISTINCT o.recipient_id) FROM cycle.obligation_status o
        WHERE o.cycle_id = c.cycle_id AND o.is_outstanding) AS outstanding
FROM cycle.cycle c
JOIN cycle.clock k USING (clock_id)
WHERE c.cycle_id = :cycle_id
