-- Of a part of a report: numbers that it leaves blank say nothing where the whole table is taken from an earlier part.
DELETE FROM core.fact
WHERE submission_id = :submission_id AND kind = 'quantity' AND state = 'blank' AND 'quantities' = ANY(:tables)
