-- Which of these deliveries came to the live mailbox?
SELECT arrival_id FROM intake.arrival WHERE mode = 'live' AND arrival_id = ANY(CAST(:arrivals AS bigint[]))
