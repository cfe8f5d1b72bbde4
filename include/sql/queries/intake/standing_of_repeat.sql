-- A file came again: where does the version that it repeats stand among the recipient's versions?
-- `current_version` is the one that counts; while none does, the newest.
SELECT s.version, s.outcome, s.received_at, s.arrival_id, n.newest_version,
       EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id) AS is_withdrawn,
       coalesce(c.version, n.newest_version) AS current_version,
       (SELECT x.received_at FROM intake.submission x
        WHERE x.recipient_id = s.recipient_id AND x.version = coalesce(c.version, n.newest_version)) AS current_received_at
FROM intake.submission s
CROSS JOIN LATERAL (SELECT max(x.version) AS newest_version FROM intake.submission x
                    WHERE x.recipient_id = s.recipient_id) n
LEFT JOIN core.current_submission c ON c.cycle_id = s.cycle_id AND c.recipient_id = s.recipient_id
WHERE s.submission_id = :submission_id
