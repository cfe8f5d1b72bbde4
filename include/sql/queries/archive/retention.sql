-- How long is each file to be kept, by everything it was used for, and may it be disposed of today? :kinds says how many
-- years each kind is kept (null: for ever) and whether that is confirmed. Of all files in one of :states, or of those named
-- by :hashes. A file that nothing here speaks of is kept.
-- open: its cycle is not over, or it is not dealt with; permanent; running: its time is not over; held; unconfirmed; due.
WITH cycle_over AS (
    SELECT c.cycle_id, c.mode, coalesce(w.withdrawn_at, CASE WHEN bool_and(m.done_at IS NOT NULL) THEN max(m.done_at) END)
           AS over_at
    FROM cycle.cycle c
    LEFT JOIN cycle.milestone m USING (cycle_id)
    LEFT JOIN cycle.withdrawal w USING (cycle_id)
    GROUP BY c.cycle_id, w.withdrawn_at
),
arrival_over AS (
    SELECT a.arrival_id, a.raw_sha256, a.mode,
           CASE WHEN a.outcome IS DISTINCT FROM 'quarantined'
                     OR EXISTS (SELECT FROM audit.event s
                                WHERE s.kind IN ('arrival_settled', 'arrival_ignored')
                                  AND s.detail ->> 'arrival_id' = a.arrival_id::text)
                THEN a.handled_at END AS over_at
    FROM intake.arrival a
),
used AS (
    SELECT u.sha256, CASE WHEN c.mode = 'rehearsal' THEN 'rehearsal' ELSE u.kind END AS kind, u.cycle_id, c.over_at
    FROM (SELECT DISTINCT sha256, kind, cycle_id FROM intake.file_use) u JOIN cycle_over c USING (cycle_id)
    UNION ALL
    SELECT file_sha256, 'signed_report', NULL, received_on::timestamptz FROM cycle.government_reply
    UNION ALL
    SELECT a.raw_sha256, CASE WHEN a.mode = 'rehearsal' THEN 'rehearsal' ELSE 'unrelated' END, NULL, a.over_at
    FROM arrival_over a
    WHERE NOT EXISTS (SELECT FROM intake.file_use u WHERE u.sha256 = a.raw_sha256)
    UNION ALL
    SELECT t.file_sha256, CASE WHEN a.mode = 'rehearsal' THEN 'rehearsal' ELSE 'unrelated' END, NULL, a.over_at
    FROM intake.attachment t JOIN arrival_over a USING (arrival_id)
    WHERE t.cycle_id IS NULL
),
kept AS (
    SELECT f.sha256, f.byte_count, f.media_type, f.archived_at,
           array_agg(DISTINCT u.kind) AS kinds,
           array_remove(array_agg(DISTINCT u.cycle_id), NULL) AS cycles,
           bool_and(u.over_at IS NOT NULL) AS is_over,
           bool_and(k.years IS NOT NULL) AS is_limited,
           bool_and(coalesce(k.is_confirmed, false)) AS is_confirmed,
           f.sha256 IN (SELECT h.sha256 FROM intake.held_file h) AS is_held,
           max(make_date(
               extract(year FROM greatest(u.over_at, f.archived_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::integer + 1 + k.years,
               1, 1)) AS keep_until
    FROM intake.archived_file f
    JOIN used u USING (sha256)
    LEFT JOIN jsonb_to_recordset(CAST(:kinds AS jsonb)) AS k (kind text, years integer, is_confirmed boolean) USING (kind)
    WHERE f.disposed_at IS NULL
    GROUP BY f.sha256
),
judged AS (
    SELECT *, CASE WHEN NOT is_over THEN 'open'
                   WHEN NOT is_limited THEN 'permanent'
                   WHEN keep_until > :today THEN 'running'
                   WHEN is_held THEN 'held'
                   WHEN NOT is_confirmed THEN 'unconfirmed'
                   ELSE 'due' END AS state
    FROM kept
)
SELECT sha256, byte_count, media_type, archived_at, kinds, cycles, keep_until, state
FROM judged
WHERE state = ANY (CAST(:states AS text[])) OR sha256 = ANY (CAST(:hashes AS text[]))
ORDER BY keep_until, sha256
