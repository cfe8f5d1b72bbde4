-- Nothing that was queued in this cycle is sent any more, but answers to what offices sent.
WITH withdrawn AS (
    UPDATE cycle.message SET state = 'withdrawn', claimed_by = NULL
    WHERE cycle_id = :cycle_id AND state = 'queued'
      AND step !~ '^(receipt|completion_request|repeat|explained|system_fault(__[0-9]+)?)$'
    RETURNING message_id
)
INSERT INTO cycle.message_event (message_id, state, occurred_at, detail)
SELECT message_id, 'withdrawn', :at, 'cycle_withdrawn' FROM withdrawn
