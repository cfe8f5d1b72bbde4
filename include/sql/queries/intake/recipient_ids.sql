-- Which recipients have these look-up codes?
SELECT reference_code, recipient_id FROM cycle.recipient WHERE reference_code = ANY(CAST(:reference_codes AS text[]))
