-- Has anything of a cycle changed since its marts were refreshed, as far as was committed?
SELECT EXISTS (SELECT FROM mart.change WHERE cycle_id = :cycle_id)
