-- What are the deliverables of this cycle called?
SELECT deliverable, label FROM cycle.deliverable WHERE cycle_id = :cycle_id ORDER BY position
