-- What became of these messages, and how often was the outcome of a send unknown?
SELECT m.message_id_header, m.state, m.when_unknown,
       (SELECT count(*) FROM cycle.message_event e
        WHERE e.message_id = m.message_id AND e.state = 'ambiguous') AS unknown_outcomes,
       (SELECT e.detail FROM cycle.message_event e
        WHERE e.message_id = m.message_id ORDER BY e.event_id DESC LIMIT 1) AS last_detail
FROM cycle.message m
WHERE m.message_id_header = ANY (:headers)
ORDER BY m.message_id
