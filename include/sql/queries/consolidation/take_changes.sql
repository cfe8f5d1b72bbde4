-- What changed in a cycle since its marts were refreshed? Taken off the queue.
DELETE FROM mart.change WHERE cycle_id = :cycle_id RETURNING recipient_id, cause
