-- Keep the digest of a day; once per day.
INSERT INTO audit.digest (day, address, subject, body)
VALUES (:day, :address, :subject, :body)
ON CONFLICT (day) DO NOTHING
