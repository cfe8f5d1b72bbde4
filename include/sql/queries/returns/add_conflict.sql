-- Two files of one office from sources of one rank say different things: keep them side by side for an officer.
INSERT INTO intake.conflict (cycle_id, recipient_id, standing_submission_id, other_submission_id, cells, found_at)
SELECT s.cycle_id, s.recipient_id, :standing, s.submission_id, CAST(:cells AS jsonb), :at
FROM intake.submission s
WHERE s.submission_id = :other
ON CONFLICT (standing_submission_id, other_submission_id) DO NOTHING
RETURNING conflict_id
