-- Which versions of this recipient could count and are kept aside, since another one has the higher source; and which one is it?
SELECT s.submission_id, s.version, s.sender, s.is_nil, s.source_rank, c.submission_id AS current, c.version AS current_version,
       c.is_nil AS current_is_nil, c.source_rank AS current_rank
FROM core.current_submission c
JOIN core.countable_submission s
    ON s.cycle_id = c.cycle_id AND s.recipient_id = c.recipient_id AND s.source_rank > c.source_rank
WHERE c.cycle_id = :cycle_id AND c.recipient_id = :recipient_id
ORDER BY s.version
