-- Which messages of the cycle had sends of unknown outcome, how many each, and how were they settled?
SELECT m.message_id_header AS header, m.when_unknown, m.state, count(*) AS unknown
FROM cycle.message m JOIN cycle.message_event e USING (message_id)
WHERE m.cycle_id = :cycle_id AND e.state = 'ambiguous'
GROUP BY m.message_id
ORDER BY m.message_id_header
