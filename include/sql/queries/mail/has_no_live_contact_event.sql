-- Was it already reported that this recipient cannot be reached by mail?
SELECT EXISTS (
    SELECT FROM audit.event
    WHERE cycle_id = :cycle_id AND recipient_id = :recipient_id AND kind = 'no_live_contact')
