-- Did this run write such an event already?
SELECT EXISTS (SELECT FROM audit.event
               WHERE cycle_id = :cycle_id AND kind = :kind AND detail ->> 'run_id' = :run_id)
