-- Put a question about a draft to a person, by a run whose id tells document, draft and attempt.
INSERT INTO cycle.approval_request (document_id, version, attempt, run_id, asked_at, problem)
SELECT :document_id, :version, n.attempt,
       CAST(:cycle_id AS text) || '__' || :kind || '__v' || :version
           || CASE WHEN n.attempt > 1 THEN '__lan_' || n.attempt ELSE '' END,
       :asked_at, :problem
FROM (SELECT coalesce(max(attempt), 0) + 1 AS attempt
      FROM cycle.approval_request
      WHERE document_id = :document_id AND version = :version) n
RETURNING run_id, CAST(:cycle_id AS text) AS cycle_id, CAST(:kind AS text) AS kind, version, attempt, problem
