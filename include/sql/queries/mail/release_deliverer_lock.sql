-- Give the deliverer's lock back: it has ended in good order.
SELECT pg_advisory_unlock(hashtextextended(:deliverer, 0))
