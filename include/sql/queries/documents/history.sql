-- Which drafts did a cycle's documents have, what was decided about each, and which was registered and published?
SELECT d.kind, d.title, v.version, v.drafted_at, x.decision, x.decided_by, x.decided_at, x.reason,
       r.number, r.registered_on, r.signer, r.entered_by, r.text_check, r.text_difference,
       r.difference_accepted_because, p.published_at
FROM cycle.document d
JOIN cycle.document_version v USING (document_id)
CROSS JOIN LATERAL cycle.approval_of(v.document_id, v.version) x
LEFT JOIN cycle.document_registration r USING (document_id, version)
LEFT JOIN cycle.publication p USING (document_id, version)
WHERE d.cycle_id = :cycle_id
ORDER BY d.document_id, v.version
