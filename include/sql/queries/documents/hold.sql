-- Hold a document, so that nobody adds a draft while an answer about it is recorded. (written, not only locked: a draft
-- that is being made from an older snapshot is then refused by PostgreSQL and made again)
UPDATE cycle.document SET title = title WHERE cycle_id = :cycle_id AND kind = :kind
