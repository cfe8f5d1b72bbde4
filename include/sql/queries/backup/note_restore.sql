-- This warehouse was restored from a backup.
INSERT INTO audit.restore (backup, taken_at, lost_at, rehearsals_lost_at, restored_by)
VALUES (:backup, :taken_at, greatest(:lost_at, CAST(:taken_at AS timestamptz)), :rehearsals_lost_at, :restored_by)
