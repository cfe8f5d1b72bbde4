-- Log a change of a contact.
INSERT INTO registry.contact_change (organization_id, contact_id, kind, before, after, source, changed_by)
VALUES (:organization_id, :contact_id, :kind, CAST(:before AS jsonb), CAST(:after AS jsonb), :source, :changed_by)
