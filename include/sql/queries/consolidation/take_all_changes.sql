-- Everything is filled anew: what changed before is taken off the queue.
DELETE FROM mart.change
