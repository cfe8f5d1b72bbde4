-- Which offices' own instruments of this subject are at one of these stages on a day?
SELECT organization_id
FROM registry.local_instrument
WHERE subject = :subject AND stage = ANY(CAST(:stages AS text[]))
  AND valid_from <= :on_day AND (valid_to IS NULL OR valid_to > :on_day)
ORDER BY organization_id
