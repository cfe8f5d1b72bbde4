-- Log what was said to an office outside this system.
INSERT INTO cycle.contact_log
    (cycle_id, recipient_id, channel, spoke_with, summary, promised_on, pause_id, logged_by, occurred_at)
VALUES (:cycle_id, :recipient_id, :channel, :spoke_with, :summary, :promised_on, :pause_id, :logged_by, :occurred_at)
RETURNING contact_log_id
