-- How large is the largest cycle of this clock, and how many addresses turned out not to work?
SELECT (SELECT max(n) FROM (SELECT count(*) AS n FROM cycle.recipient r JOIN cycle.cycle c USING (cycle_id)
                            WHERE c.clock_id = :clock_id GROUP BY r.cycle_id) x) AS recipients_of_largest,
       (SELECT count(*) FROM registry.contact WHERE state = 'bouncing') AS bounced_contacts
