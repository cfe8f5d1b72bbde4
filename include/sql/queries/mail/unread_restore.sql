-- After the restore of which backup were the channels not looked through again yet?
SELECT backup FROM audit.open_restore WHERE recollected_at IS NULL ORDER BY restore_id LIMIT 1
