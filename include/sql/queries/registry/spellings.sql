-- How may each office be written: its names and short names of all days, and its aliases?
-- Only offices that exist on :on_day, if one is given, and of the kinds :kinds, if some are given.
-- The names of another day stay understood: an office may keep writing its old one.
SELECT
    office.organization_id,
    array(
        SELECT label.name FROM registry.organization_name AS label
        WHERE label.organization_id = office.organization_id
        UNION
        SELECT label.short_name FROM registry.organization_name AS label
        WHERE label.organization_id = office.organization_id
        UNION
        SELECT other.spelling FROM registry.organization_alias AS other
        WHERE other.organization_id = office.organization_id
        ORDER BY 1
    ) AS spellings
FROM registry.organization AS office
WHERE (
        CAST(:on_day AS date) IS NULL
        OR (office.valid_from <= :on_day AND (office.valid_to IS NULL OR office.valid_to > :on_day))
    )
    AND (CAST(:kinds AS text[]) IS NULL OR office.kind = ANY (CAST(:kinds AS text[])))
ORDER BY office.organization_id;
