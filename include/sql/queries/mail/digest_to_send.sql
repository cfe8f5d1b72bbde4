-- Is the digest of this day still to be sent? Locked, so that two processes do not send it both.
SELECT day, address, subject, body
FROM audit.digest
WHERE day = :day AND sent_at IS NULL
FOR UPDATE SKIP LOCKED
