-- An office said, without a workbook, that nothing occurred. No row when that is entered already.
INSERT INTO intake.nil_return (obligation_id, basis, entered_by, confirmed_at, entered_at)
VALUES (:obligation_id, :basis, :by, :confirmed_at, :at)
ON CONFLICT (obligation_id) WHERE undone_at IS NULL DO NOTHING
RETURNING nil_return_id
