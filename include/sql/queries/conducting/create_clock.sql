-- Add a simulated clock for cycles that one process carries through; one that exists is kept.
INSERT INTO cycle.clock (clock_id, kind, now_at, is_conducted, keeps_mail)
VALUES (:clock_id, 'simulated', :now_at, true, :keeps_mail)
ON CONFLICT (clock_id) DO NOTHING
