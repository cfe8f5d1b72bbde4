-- Which groups are there?
SELECT DISTINCT group_code
FROM registry.group_member
ORDER BY group_code;
