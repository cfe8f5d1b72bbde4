-- Which recipients does a document go to? Those that a person chose for it, those of the registered list of an urging
-- letter, else all of the cycle.
SELECT r.recipient_id, r.organization_id, r.reference_code, r.name, r.short_name, r.role,
       coalesce((SELECT array_agg(a.spelling ORDER BY a.spelling)
                 FROM registry.organization_alias a
                 WHERE a.organization_id = r.organization_id), '{}') AS aliases
FROM cycle.document d
JOIN cycle.recipient r USING (cycle_id)
LEFT JOIN cycle.document_registration g USING (document_id)
WHERE d.document_id = :document_id
  AND CASE
          WHEN jsonb_array_length(coalesce(d.content -> 'offices', '[]')) > 0
              THEN jsonb_exists(d.content -> 'offices', r.reference_code)
          WHEN EXISTS (SELECT FROM cycle.document_addressee a
                       WHERE a.document_id = d.document_id AND a.version = g.version)
              THEN EXISTS (SELECT FROM cycle.document_addressee a
                           WHERE a.document_id = d.document_id AND a.version = g.version
                             AND a.recipient_id = r.recipient_id)
          ELSE true
      END
ORDER BY r.position
