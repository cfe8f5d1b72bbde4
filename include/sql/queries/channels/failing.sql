-- Which of these channels could not be looked at last time, and why?
SELECT channel, problem
FROM intake.channel_look
WHERE channel = ANY (:channels) AND problem IS NOT NULL
ORDER BY channel
