-- Who belonged to a group on a day, under which name, in the official order?
-- Places in the file may have gaps (an office that left); the list counts from 1 without gaps.
SELECT
    member.organization_id,
    label.name,
    label.short_name,
    row_number() OVER (ORDER BY member.position, member.organization_id) AS position
FROM registry.group_member AS member
JOIN registry.organization_name AS label
    ON label.organization_id = member.organization_id
    AND label.valid_from <= :on_day
    AND (label.valid_to IS NULL OR label.valid_to > :on_day)
WHERE member.group_code = :group_code
    AND member.valid_from <= :on_day
    AND (member.valid_to IS NULL OR member.valid_to > :on_day)
ORDER BY position;
