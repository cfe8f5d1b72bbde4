-- Which version of its office counted when this one came, and does this one speak in its place: marked as adjusted, from the
-- same sender, in answer to a message of ours written since, or entered by the ministry (or after it)?
SELECT c.submission_id, c.version, c.source_rank, c.is_nil,
       s.kind = 'adjusted' OR lower(s.sender) = lower(c.sender) OR 'ministry_entry' IN (s.channel, c.channel)
           OR EXISTS (SELECT FROM intake.arrival a
                      JOIN cycle.message m ON m.message_id_header = a.in_reply_to
                      WHERE a.arrival_id = s.arrival_id AND m.recipient_id = s.recipient_id
                        AND m.dated_at >= c.accepted_at) AS is_followed
FROM intake.submission s
JOIN core.countable_submission c
    ON c.cycle_id = s.cycle_id AND c.recipient_id = s.recipient_id AND c.version < s.version
WHERE s.submission_id = :submission_id
ORDER BY c.source_rank, c.version DESC
LIMIT 1
