-- Which later editions and supplements of this cycle are being made?
SELECT kind
FROM cycle.open_report
WHERE cycle_id = :cycle_id
ORDER BY document_id
