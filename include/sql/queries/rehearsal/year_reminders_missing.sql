-- Which reminders fell due for an office that still owed what they remind of, and were not handed over; and what is known
-- of why? (those that fell due before the request was sent or after the close were not to be sent)
-- withdrawn_at, why: of the last mail of this step that was withdrawn. rested_until: when the pause ended in which the
-- reminder fell due, or was withdrawn. is_superseded: a later reminder that was handed over names the same thing.
-- is_unreachable: no contact of the office took mail at that time any more.
SELECT c.cycle_id, r.reference_code, r.short_name, p.step, o.deliverable, p.due_at, o.due_at AS deadline, o.completed_at,
       w.granted_at AS let_off_at, s.done_at AS closed_at, gone.withdrawn_at, gone.why,
       (SELECT max(least(z.until_at, coalesce(z.ended_at, z.until_at))) FROM cycle.pause z
        WHERE z.recipient_id = r.recipient_id AND z.from_at <= coalesce(gone.withdrawn_at, p.due_at)
          AND p.due_at < least(z.until_at, coalesce(z.ended_at, z.until_at))) AS rested_until,
       EXISTS (SELECT FROM cycle.message n
               JOIN cycle.reminder_plan l ON l.obligation_id = p.obligation_id AND l.step = n.step
               WHERE n.recipient_id = r.recipient_id AND n.state IN ('sent', 'ambiguous', 'bounced')
                 AND l.due_at > p.due_at AND l.due_at <= n.dated_at
                 AND strpos(lower(regexp_replace(n.body_text, '\s+', ' ', 'g')), lower(d.label)) > 0) AS is_superseded,
       NOT EXISTS (SELECT FROM registry.contact k
                   WHERE k.organization_id = r.organization_id AND k.role IN ('to', 'copy') AND k.state <> 'retired'
                     AND NOT EXISTS (
                         SELECT FROM cycle.message f
                         JOIN cycle.message_event e USING (message_id)
                         WHERE f.contact_id = k.contact_id AND e.state IN ('failed', 'bounced')
                           AND (e.occurred_at <= coalesce(gone.withdrawn_at, p.due_at)
                                OR f.recipient_id = r.recipient_id AND f.step = p.step))) AS is_unreachable
FROM cycle.reminder_plan p
JOIN cycle.obligation_status o USING (obligation_id)
JOIN cycle.deliverable d ON d.cycle_id = o.cycle_id AND d.deliverable = o.deliverable
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle c ON c.cycle_id = o.cycle_id
JOIN cycle.milestone s ON s.cycle_id = o.cycle_id AND s.step = 'close'
JOIN cycle.milestone i ON i.cycle_id = o.cycle_id AND i.step = 'issue'
LEFT JOIN cycle.waiver w ON w.obligation_id = p.obligation_id AND w.undone_at IS NULL
LEFT JOIN LATERAL (
    SELECT e.occurred_at AS withdrawn_at, e.detail AS why
    FROM cycle.message m
    JOIN cycle.message_event e USING (message_id)
    WHERE m.recipient_id = r.recipient_id AND m.step = p.step AND m.dated_at >= p.due_at AND e.state = 'withdrawn'
    ORDER BY e.event_id DESC LIMIT 1
) gone ON true
WHERE c.clock_id = :clock_id AND p.due_at < s.done_at AND p.due_at >= i.done_at AND NOT o.is_opt_in
  AND (o.completed_at IS NULL OR o.completed_at > p.due_at)
  AND (w.granted_at IS NULL OR w.granted_at > p.due_at)
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.step = p.step AND m.dated_at >= p.due_at
        AND m.state IN ('sent', 'ambiguous', 'bounced'))
ORDER BY c.cycle_id, r.position, p.due_at
