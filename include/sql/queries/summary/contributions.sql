-- Which offices wrote something in words, who sent it, and on whose signature or which officer's confirmation does it rest, and
-- when did the last of their words first come?
SELECT r.organization_id, k.version, s.sender, k.source_rank, k.document_number, k.signed_on, d.signer, k.how,
       k.confirmed_by, k.confirmed_at, k.is_citable,
       (SELECT max(x.first_at)
        FROM core.narrative n
        CROSS JOIN LATERAL (SELECT min(w.received_at) AS first_at
                            FROM core.narrative o
                            JOIN intake.submission w USING (submission_id)
                            WHERE o.cycle_id = n.cycle_id AND o.recipient_id = n.recipient_id
                              AND o.section = n.section AND o.body = n.body) x
        WHERE n.submission_id = k.submission_id) AS written_at
FROM core.contribution k
JOIN cycle.recipient r USING (recipient_id)
JOIN intake.submission s USING (submission_id)
LEFT JOIN LATERAL (
    SELECT concat_ws(' ', i.capacity, i.signer) AS signer
    FROM intake.incoming_document i
    WHERE i.cycle_id = k.cycle_id AND i.registered_number = k.registered_number
      AND i.document_number = k.document_number
    ORDER BY i.incoming_document_id DESC LIMIT 1) d ON true
WHERE k.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position
