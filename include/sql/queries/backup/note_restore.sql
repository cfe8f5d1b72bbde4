-- This warehouse was restored from a backup. Where the restore is called again after it was cut off, the last word holds:
-- a backup never knows of its own restores.
WITH noted AS (
    UPDATE audit.restore
    SET lost_at = greatest(:lost_at, CAST(:taken_at AS timestamptz)), rehearsals_lost_at = :rehearsals_lost_at,
        restored_by = :restored_by, restored_at = clock_timestamp()
    WHERE backup = :backup
    RETURNING restore_id
)
INSERT INTO audit.restore (backup, taken_at, lost_at, rehearsals_lost_at, restored_by)
SELECT :backup, :taken_at, greatest(:lost_at, CAST(:taken_at AS timestamptz)), :rehearsals_lost_at, :restored_by
WHERE NOT EXISTS (SELECT FROM noted)
