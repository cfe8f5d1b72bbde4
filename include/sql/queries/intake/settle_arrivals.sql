-- Note what became of deliveries.
UPDATE intake.arrival a
SET handled_at = s.handled_at, outcome = s.outcome, note = s.note
FROM unnest(CAST(:arrival_ids AS bigint[]), CAST(:handled_ats AS timestamptz[]), CAST(:outcomes AS text[]),
            CAST(:notes AS text[])) AS s (arrival_id, handled_at, outcome, note)
WHERE a.arrival_id = s.arrival_id
