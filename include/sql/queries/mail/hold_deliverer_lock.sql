-- Take the session's lock on a deliverer's name: while it is held, the deliverer lives.
SELECT pg_advisory_lock(hashtextextended(:deliverer, 0))
