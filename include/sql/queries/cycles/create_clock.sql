-- Add a simulated clock; one that exists is kept.
INSERT INTO cycle.clock (clock_id, kind, now_at)
VALUES (:clock_id, 'simulated', :now_at)
ON CONFLICT (clock_id) DO NOTHING
