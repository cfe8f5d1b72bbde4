-- How long ago was each channel looked at with success, does it fail, and how many deliveries in it cannot be collected?
SELECT l.channel,
       extract(epoch FROM now() - coalesce(l.looked_at, l.watched_since)) AS channel_look_seconds,
       (l.failing_since IS NOT NULL)::integer AS channel_failing,
       (SELECT count(*) FROM intake.channel_item i
        WHERE i.channel = l.channel AND i.problem IS NOT NULL) AS channel_unfit_items
FROM intake.channel_look l
WHERE l.channel = ANY (:channels)
