-- What did a cycle receive, version by version, and what do the warehouse's findings and facts say of each (what it
-- carries from an earlier version left out)? Without repeats of a version, versions that were withdrawn, and offices that
-- answer by the secret mail.
SELECT s.submission_id, s.recipient_id, r.reference_code, r.short_name, s.version, s.file_sha256, f.media_type, s.filename,
       s.channel, s.sender, s.entered_for_reason, s.received_at, s.sent_at, s.arrival_id,
       EXISTS (SELECT FROM core.current_submission c WHERE c.submission_id = s.submission_id) AS is_current,
       jsonb_build_object(
           'outcome', s.outcome, 'blank_means_no', s.blank_means_no, 'kind', s.kind, 'is_nil', s.is_nil,
           'is_partial', s.is_partial  -- as the file says, also where earlier parts made it whole
               OR EXISTS (SELECT FROM core.fact x WHERE x.submission_id = s.submission_id AND x.carried_from IS NOT NULL)
               OR EXISTS (SELECT FROM core.list_row x
                          WHERE x.submission_id = s.submission_id AND x.carried_from IS NOT NULL)
               OR EXISTS (SELECT FROM core.narrative x
                          WHERE x.submission_id = s.submission_id AND x.carried_from IS NOT NULL),
           'findings', coalesce((SELECT jsonb_agg(to_jsonb(x) - 'submission_id' - 'position' ORDER BY x.position)
                                 FROM intake.finding x WHERE x.submission_id = s.submission_id), '[]'),
           'facts', coalesce((SELECT jsonb_agg(to_jsonb(x) - '{submission_id,cycle_id,recipient_id,is_marked,value,carried_from}'::text[]
                                               || jsonb_build_object('value', trim_scale(x.value)::text))
                              FROM core.fact x WHERE x.submission_id = s.submission_id AND x.carried_from IS NULL), '[]'),
           'rows', coalesce((SELECT jsonb_agg(to_jsonb(x) - '{submission_id,cycle_id,recipient_id,carried_from}'::text[])
                             FROM core.list_row x WHERE x.submission_id = s.submission_id AND x.carried_from IS NULL), '[]'),
           'texts', coalesce((SELECT jsonb_agg(to_jsonb(x) - '{submission_id,cycle_id,recipient_id,carried_from}'::text[])
                              FROM core.narrative x WHERE x.submission_id = s.submission_id AND x.carried_from IS NULL), '[]')) AS state
FROM intake.submission s
JOIN cycle.recipient r USING (recipient_id)
JOIN intake.archived_file f ON f.sha256 = s.file_sha256
WHERE s.cycle_id = :cycle_id AND s.outcome <> 'duplicate'
  AND (CAST(:submission_id AS bigint) IS NULL OR s.submission_id = :submission_id)
  AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id)
  AND NOT EXISTS (SELECT FROM intake.confidential_answer a
                  WHERE a.recipient_id = s.recipient_id AND a.undone_at IS NULL)
ORDER BY r.position, s.version
