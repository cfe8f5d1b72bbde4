-- What do these recipients add to the sums of a mart?
SELECT {keys}, {sums}, count(*) AS row_count
FROM ({select}) one
WHERE recipient_id = ANY (CAST(:recipient_ids AS bigint[]))
GROUP BY {keys}
