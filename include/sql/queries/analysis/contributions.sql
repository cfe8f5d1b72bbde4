-- What is behind a figure, and who sent each file? Only that of :organization_id, if one is given.
SELECT t.organization_id, t.position, t.short_name, t.region, t.indicator, t.year, t.state, t.value, t.counts,
       t.submission_id, t.version, t.received_at, t.carried_from, t.file_version, t.arrival_id, t.filename, t.file_sha256,
       t.archive_path, t.sheet, t.cell, f.sender, f.channel
FROM mart.trace(:cycle_id, :figure) t
LEFT JOIN intake.submission f ON f.recipient_id = t.recipient_id AND f.version = t.file_version
WHERE CAST(:organization_id AS text) IS NULL OR t.organization_id = :organization_id
ORDER BY t.position, t.organization_id, t.year;
