-- Which offices wrote something in words, on what does it rest, and may it be cited? In the order of the list.
SELECT r.organization_id, r.reference_code, r.short_name, k.version, k.source_rank, k.document_number, k.signed_on,
       k.registered_number, k.how, k.confirmed_by, k.confirmed_at, k.is_citable
FROM core.contribution k
JOIN cycle.recipient r USING (recipient_id)
WHERE k.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.group_code, r.position
