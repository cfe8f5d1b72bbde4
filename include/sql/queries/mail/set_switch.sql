-- Stop all mail, or let it go again.
INSERT INTO cycle.switch (name, is_on, changed_by, changed_at, reason)
VALUES ('mail_stopped', :is_on, :changed_by, :changed_at, :reason)
ON CONFLICT (name) DO UPDATE
SET is_on = excluded.is_on, changed_by = excluded.changed_by, changed_at = excluded.changed_at, reason = excluded.reason
