-- What came, changed or was taken back after what the newest published report of this cycle rests on?
SELECT recipient_id, organization_id, short_name, kind, key, change, submission_id
FROM mart.after_report
WHERE cycle_id = :cycle_id
ORDER BY position, kind, key
