-- Does the cycle ask for a workbook?
SELECT form_code IS NOT NULL FROM cycle.cycle WHERE cycle_id = :cycle_id
