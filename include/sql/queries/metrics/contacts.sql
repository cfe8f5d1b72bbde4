-- How many contacts are in use, bouncing, retired?
SELECT s.state, count(k.contact_id) AS contacts
FROM unnest(ARRAY['active', 'bouncing', 'retired']) AS s (state)
LEFT JOIN registry.contact k ON k.state = s.state
GROUP BY s.state
