-- Keep the files of a delivery, in their order; done again, only whose they are may change.
INSERT INTO intake.attachment (arrival_id, position, file_sha256, filename, media_type, inside, role, problem,
                               cycle_id, recipient_id)
SELECT :arrival_id, f.position, f.file_sha256, f.filename, f.media_type, f.inside, f.role, f.problem,
       :cycle_id, CAST(:recipient_id AS bigint)
FROM unnest(CAST(:hashes AS text[]), CAST(:filenames AS text[]), CAST(:media_types AS text[]), CAST(:inside AS text[]),
            CAST(:roles AS text[]), CAST(:problems AS text[]))
     WITH ORDINALITY AS f (file_sha256, filename, media_type, inside, role, problem, position)
ON CONFLICT (arrival_id, position) DO UPDATE
SET cycle_id = excluded.cycle_id, recipient_id = excluded.recipient_id
WHERE (intake.attachment.cycle_id, intake.attachment.recipient_id)
      IS DISTINCT FROM (excluded.cycle_id, excluded.recipient_id)
