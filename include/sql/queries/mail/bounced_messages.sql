-- Which message of ours that left is a bounce about: by the Message-IDs that it returns, else by a look-up code in it and
-- an address that failed? The newest first.
SELECT m.message_id, m.cycle_id, m.recipient_id, m.contact_id, m.step, m.to_address, r.reference_code,
       m.message_id_header = ANY (CAST(:message_ids AS text[])) AS is_by_id
FROM cycle.message m
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.recipient r USING (recipient_id)
WHERE c.mode = :mode AND m.attempt_count > 0
  AND (m.message_id_header = ANY (CAST(:message_ids AS text[]))
       OR (r.reference_code = ANY (CAST(:codes AS text[])) AND lower(m.to_address) = ANY (CAST(:addresses AS text[]))))
ORDER BY is_by_id DESC, m.message_id DESC
