-- From now on these channels are to be looked at.
INSERT INTO intake.channel_look (channel)
SELECT unnest(CAST(:channels AS text[]))
ON CONFLICT (channel) DO NOTHING
