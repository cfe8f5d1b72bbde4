-- Which look-up codes begin like this?
SELECT EXISTS (SELECT FROM cycle.recipient WHERE reference_code LIKE :prefix || '-%')
