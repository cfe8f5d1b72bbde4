-- Was the digest of this day put together?
SELECT EXISTS (SELECT FROM audit.digest WHERE day = :day)
