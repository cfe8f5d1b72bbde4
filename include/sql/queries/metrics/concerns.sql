-- How many concerns of the intake's watchdog are open, of each kind?
SELECT k.kind, count(c.concern_id) AS intake_concerns
FROM unnest(ARRAY['unanswered', 'unsent', 'quarantine', 'silent_channel', 'unfit_item', 'no_backup',
                  'in_doubt']) AS k (kind)
LEFT JOIN intake.concern c ON c.kind = k.kind AND c.cleared_at IS NULL
GROUP BY k.kind
