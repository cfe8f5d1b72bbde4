-- Which version of its office counted when this one came (or came again, by this delivery), and does this one speak in its
-- place: marked as adjusted, from the same sender, in answer to a message of ours written since, or entered by the ministry (or
-- after it)? Of two that came in one mail neither speaks in the place of the other, unless just one is marked as adjusted.
SELECT c.submission_id, c.version, c.source_rank, c.is_nil,
       s.kind = 'adjusted' AND (x.kind <> 'adjusted' OR (x.arrival_id = :arrival_id) IS NOT TRUE)
           OR (x.arrival_id = :arrival_id) IS NOT TRUE
              AND (lower(:sender) = lower(c.sender) OR 'ministry_entry' IN (:channel, c.channel)
                   OR EXISTS (SELECT FROM intake.arrival a
                              JOIN cycle.message m ON m.message_id_header = a.in_reply_to
                              WHERE a.arrival_id = :arrival_id AND m.recipient_id = s.recipient_id
                                AND m.dated_at >= c.accepted_at)) AS is_followed
FROM intake.submission s
JOIN core.countable_submission c
    ON c.cycle_id = s.cycle_id AND c.recipient_id = s.recipient_id AND c.version < s.version
JOIN intake.submission x ON x.submission_id = c.submission_id
WHERE s.submission_id = :submission_id
ORDER BY c.source_rank, c.version DESC
LIMIT 1
