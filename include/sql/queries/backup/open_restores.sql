-- After which restores may mail be in doubt, the newest first?
SELECT restore_id, backup, taken_at, lost_at, restored_at, restored_by, recollected_at
FROM audit.open_restore
ORDER BY restore_id DESC
