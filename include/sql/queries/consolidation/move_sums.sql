-- Move the sums of a mart by differences.
INSERT INTO mart.{mart} AS kept ({keys}, {columns}, row_count)
SELECT {keys}, {columns}, row_count
FROM jsonb_populate_recordset(NULL::mart.{mart}, CAST(:differences AS jsonb)) moved
ON CONFLICT ON CONSTRAINT {mart}_pkey DO UPDATE
SET {moves}, row_count = kept.row_count + excluded.row_count
