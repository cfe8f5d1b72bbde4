-- Keep the files of deliveries, in their order; done again, only whose they are may change.
INSERT INTO intake.attachment (arrival_id, position, file_sha256, filename, media_type, inside, role, problem,
                               cycle_id, recipient_id)
SELECT * FROM unnest(
    CAST(:arrival_ids AS bigint[]), CAST(:positions AS integer[]), CAST(:hashes AS text[]), CAST(:filenames AS text[]),
    CAST(:media_types AS text[]), CAST(:inside AS text[]), CAST(:roles AS text[]), CAST(:problems AS text[]),
    CAST(:cycle_ids AS text[]), CAST(:recipient_ids AS bigint[]))
ON CONFLICT (arrival_id, position) DO UPDATE
SET cycle_id = excluded.cycle_id, recipient_id = excluded.recipient_id
WHERE (intake.attachment.cycle_id, intake.attachment.recipient_id)
      IS DISTINCT FROM (excluded.cycle_id, excluded.recipient_id)
