-- Which documents were drafted in this cycle, under which number, and how many offices does their list name?
SELECT d.document_id, d.kind, d.title, d.is_numbered, v.version, v.drafted_at, r.number, r.registered_on,
       (SELECT count(DISTINCT a.recipient_id) FROM cycle.document_addressee a
        WHERE a.document_id = d.document_id AND a.version = v.version) AS listed
FROM cycle.document d
JOIN LATERAL (SELECT * FROM cycle.document_version x
              WHERE x.document_id = d.document_id ORDER BY x.version DESC LIMIT 1) v ON true
LEFT JOIN cycle.document_registration r ON r.document_id = d.document_id
WHERE d.cycle_id = :cycle_id
ORDER BY v.drafted_at, d.document_id
