-- Which steps of this cycle were done without anything to do, and why?
SELECT e.detail ->> 'step' AS step, e.detail ->> 'lapsed' AS reason
FROM audit.event e
WHERE e.cycle_id = :cycle_id AND e.kind = 'milestone_done' AND e.detail ->> 'lapsed' IS NOT NULL
