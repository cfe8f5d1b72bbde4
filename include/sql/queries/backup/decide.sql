-- Write down what was decided of a mail in doubt, for every restore that left it so.
INSERT INTO audit.doubt_decision (restore_id, message_id, decision, decided_by, reason)
SELECT r.restore_id, CAST(:message_id AS bigint), :decision, :decided_by, :reason FROM audit.open_restore r
ON CONFLICT (restore_id, message_id) DO NOTHING
