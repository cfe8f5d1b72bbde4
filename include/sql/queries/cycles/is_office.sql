-- Is this the id of an office?
SELECT EXISTS (SELECT FROM registry.organization WHERE organization_id = :organization_id)
