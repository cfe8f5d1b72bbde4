-- Is it noted that this Airflow run carries this cycle?
SELECT EXISTS (SELECT FROM audit.event
               WHERE cycle_id = :cycle_id AND kind = 'run_started' AND detail ->> 'run_id' = :run_id)
