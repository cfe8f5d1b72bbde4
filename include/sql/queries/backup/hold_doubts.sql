-- Hold these mails while it is decided about them; those that are not queued any more are left out.
SELECT message_id FROM cycle.message WHERE message_id = ANY (:message_ids) AND state = 'queued' ORDER BY message_id FOR UPDATE
