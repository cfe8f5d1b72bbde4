-- Keep a question to an office, with the value on record; one that is kept already stays as it was asked.
INSERT INTO cycle.question (recipient_id, position, wording, label, value_seen, sheet, cell)
SELECT r.recipient_id, :position, :wording, :label, :value_seen, :sheet, :cell
FROM cycle.recipient r
WHERE r.cycle_id = :cycle_id AND r.organization_id = :organization_id
ON CONFLICT (recipient_id, position) DO NOTHING
