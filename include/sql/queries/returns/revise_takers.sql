-- A part is being taken back: the versions that took something over from it say something else from now on. Before that is
-- taken from them, they get their next revision. (what a report rests on is kept then: core.former_content)
UPDATE intake.submission s
SET revision = s.revision + 1
WHERE s.recipient_id = :recipient_id
  AND (EXISTS (SELECT FROM core.fact f WHERE f.submission_id = s.submission_id AND f.carried_from = :submission_id)
       OR EXISTS (SELECT FROM core.narrative n WHERE n.submission_id = s.submission_id AND n.carried_from = :submission_id)
       OR EXISTS (SELECT FROM core.list_row l WHERE l.submission_id = s.submission_id AND l.carried_from = :submission_id))
