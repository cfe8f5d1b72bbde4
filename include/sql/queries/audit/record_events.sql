-- Append events of one cycle and moment to the log, in their order.
INSERT INTO audit.event (cycle_id, recipient_id, kind, actor, occurred_at, detail)
SELECT :cycle_id, e.recipient_id, e.kind, :actor, :occurred_at, CAST(e.detail AS jsonb)
FROM unnest(CAST(:recipient_ids AS bigint[]), CAST(:kinds AS text[]), CAST(:details AS text[]))
     WITH ORDINALITY AS e (recipient_id, kind, detail, place)
ORDER BY e.place
