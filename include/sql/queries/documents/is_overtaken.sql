-- Was this draft overtaken? A report, or the letter after it: by anything that it rests on (core.basis_of) and that is otherwise
-- now. An urging letter that nobody decided upon yet: by an office that sent, or got more time for, something that it is said to owe, or by time: the last day that it gives is
-- over, or today, and a later one can be given before the close.
SELECT EXISTS (
    SELECT FROM cycle.document d
    JOIN cycle.document_version v ON v.document_id = d.document_id AND v.version = :version
    WHERE d.document_id = :document_id AND core.fingerprint_of(d.cycle_id, d.kind) <> v.source_fingerprint
) OR EXISTS (
    SELECT FROM cycle.document_addressee a
    JOIN cycle.document d USING (document_id)
    JOIN cycle.cycle c USING (cycle_id)
    JOIN cycle.clock k USING (clock_id)
    JOIN cycle.obligation_status o USING (recipient_id, deliverable)
    WHERE a.document_id = :document_id AND a.version = :version
      AND (NOT (o.is_outstanding AND o.due_at <= coalesce(k.now_at, clock_timestamp()))
           OR cycle.is_last_day_over(c.cycle_id, a.new_last_day))
      AND NOT EXISTS (SELECT FROM cycle.document_decision x
                      WHERE x.document_id = a.document_id AND x.version = a.version)
)
