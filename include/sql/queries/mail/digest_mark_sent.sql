-- The digest of this day was sent.
UPDATE audit.digest SET sent_at = clock_timestamp() WHERE day = :day
