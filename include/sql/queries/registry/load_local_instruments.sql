-- At which stages are the offices' own instruments? Those of :rows (a JSON array), and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (organization_id text, subject text, stage text, position integer, document_number text,
                 document_on date, valid_from date, valid_to date, source text)
),
gone AS (
    DELETE FROM registry.local_instrument AS held
    WHERE NOT EXISTS (
        SELECT FROM incoming
        WHERE held.organization_id = incoming.organization_id
          AND held.subject = incoming.subject
          AND held.valid_from = incoming.valid_from
    )
)
INSERT INTO registry.local_instrument AS held
    (organization_id, subject, stage, position, document_number, document_on, valid_from, valid_to, source)
SELECT organization_id, subject, stage, position, document_number, document_on, valid_from, valid_to, source
FROM incoming
ON CONFLICT (organization_id, subject, valid_from) DO UPDATE
SET stage = excluded.stage,
    position = excluded.position,
    document_number = excluded.document_number,
    document_on = excluded.document_on,
    valid_to = excluded.valid_to,
    source = excluded.source
WHERE (held.stage, held.position, held.document_number, held.document_on, held.valid_to, held.source)
    IS DISTINCT FROM (excluded.stage, excluded.position, excluded.document_number, excluded.document_on,
                      excluded.valid_to, excluded.source);
