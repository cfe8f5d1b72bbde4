-- How many arrivals rest on these bytes?
SELECT count(*) FROM intake.arrival WHERE raw_sha256 = :sha256
