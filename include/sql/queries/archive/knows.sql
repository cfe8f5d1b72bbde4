-- Is there this cycle, this office, this file (the one of them that is given)?
SELECT EXISTS (SELECT FROM cycle.cycle WHERE cycle_id = CAST(:cycle_id AS text))
    OR EXISTS (SELECT FROM registry.organization WHERE organization_id = CAST(:organization_id AS text))
    OR EXISTS (SELECT FROM intake.archived_file WHERE sha256 = CAST(:sha256 AS text))
