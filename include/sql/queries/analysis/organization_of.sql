-- Which office has this look-up code?
SELECT organization_id FROM cycle.recipient WHERE reference_code = :reference_code;
