-- The machine's clock, by which live cycles run.
INSERT INTO cycle.clock (clock_id, kind) VALUES ('wall', 'wall') ON CONFLICT DO NOTHING
