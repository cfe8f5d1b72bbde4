-- Of these messages, which were ever noted as of unknown outcome?
SELECT DISTINCT m.message_id_header
FROM cycle.message m
JOIN cycle.message_event e USING (message_id)
WHERE e.state = 'ambiguous'
