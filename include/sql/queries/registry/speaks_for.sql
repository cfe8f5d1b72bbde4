-- Does this address speak for this office already, as a contact or as an address that we learnt?
SELECT EXISTS (SELECT FROM registry.contact k
               WHERE k.email = :email AND k.organization_id = :organization_id AND k.state <> 'retired')
    OR EXISTS (SELECT FROM registry.sender_alias s
               WHERE s.email = :email AND s.organization_id = :organization_id AND s.undone_at IS NULL)
