-- What is held back from disposal, and what was: by whom, why, until when, and how many files each holds now.
SELECT h.hold_id, h.scope,
       coalesce(h.cycle_id, h.organization_id, h.sha256, h.from_on || ' – ' || h.to_on) AS subject,
       h.reason, h.held_by, h.held_at, r.released_by, r.reason AS released_because, r.released_at,
       (SELECT count(*) FROM intake.held_file f WHERE f.hold_id = h.hold_id) AS file_count
FROM audit.archive_hold h
LEFT JOIN audit.archive_release r USING (hold_id)
ORDER BY h.hold_id
