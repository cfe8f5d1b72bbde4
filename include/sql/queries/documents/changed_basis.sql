-- What does one draft rest on otherwise than an earlier one? Without `version`: what is otherwise now?
SELECT b.kind, b.key, b.before IS NULL AS is_new, b.after IS NULL AS is_gone, r.short_name,
       split_part(b.before, '.', 1) AS before, split_part(b.after, '.', 1) AS after, s.version AS submission_version,
       l.label AS deliverable
FROM (SELECT coalesce(o.kind, n.kind) AS kind, coalesce(o.recipient_id, n.recipient_id) AS recipient_id,
             coalesce(o.key, n.key) AS key, o.mark AS before, n.mark AS after
      FROM (SELECT * FROM cycle.document_basis WHERE document_id = :document_id AND version = :earlier) o
      FULL JOIN (SELECT b.kind, b.recipient_id, b.key, b.mark FROM cycle.document_basis b
                 WHERE b.document_id = :document_id AND b.version = CAST(:version AS integer)
                 UNION ALL
                 SELECT b.kind, b.recipient_id, b.key, b.mark FROM cycle.document d
                 CROSS JOIN LATERAL core.basis_of(d.cycle_id, d.kind) b
                 WHERE d.document_id = :document_id AND CAST(:version AS integer) IS NULL) n
          ON n.kind = o.kind AND n.key = o.key AND coalesce(n.recipient_id, 0) = coalesce(o.recipient_id, 0)
      WHERE o.mark IS DISTINCT FROM n.mark) b
JOIN cycle.document d ON d.document_id = :document_id
LEFT JOIN cycle.recipient r ON r.recipient_id = b.recipient_id
LEFT JOIN intake.submission s
    ON s.submission_id = CASE b.kind WHEN 'submission' THEN CAST(split_part(b.after, '.', 1) AS bigint) END
LEFT JOIN cycle.deliverable l ON l.cycle_id = d.cycle_id AND l.deliverable = split_part(b.key, '.', 1)
ORDER BY array_position(ARRAY['submission', 'signed_report', 'reply', 'nil_return', 'confidential_answer', 'waiver',
                              'deadline', 'contribution', 'section_text', 'request', 'previous', 'cycle'], b.kind),
         r.position, b.key
