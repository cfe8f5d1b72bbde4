-- Put a question about a draft to a person, by a run whose id tells document, draft, step (beyond the first) and attempt.
INSERT INTO cycle.approval_request (document_id, version, attempt, step, run_id, asked_at, problem)
SELECT :document_id, :version, n.attempt, s.step,
       CAST(:cycle_id AS text) || '__' || :kind || '__v' || :version
           || CASE WHEN s.position > 1 THEN '__' || s.step ELSE '' END
           || CASE WHEN n.of_step > 1 THEN '__lan_' || n.of_step ELSE '' END,
       :asked_at, :problem
FROM cycle.approval_step s
CROSS JOIN LATERAL (SELECT coalesce(max(q.attempt), 0) + 1 AS attempt,
                           count(*) FILTER (WHERE q.step = s.step) + 1 AS of_step
                    FROM cycle.approval_request q
                    WHERE q.document_id = s.document_id AND q.version = :version) n
WHERE s.document_id = :document_id AND s.step = :step
RETURNING run_id, CAST(:cycle_id AS text) AS cycle_id, CAST(:kind AS text) AS kind, version, attempt, step, problem
