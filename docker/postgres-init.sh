#!/bin/bash
# Makes the roles and databases of a new server: run once by the postgres image, when its volume is empty.
#   airflow    owns Airflow's database
#   reporting_owner  owns the warehouse: migrates it, and nothing else runs as it
#   reporting  works in the warehouse (include/sql/pipeline.yaml) and cannot connect to Airflow's database
#   analyst    reads the warehouse (the service `init` grants the tables)
#   backup     reads everything, for pg_dump
# Passwords come from the mounted secrets and never stand on a command line.
set -euo pipefail

secrets="${SECRETS_FOLDER:-/run/secrets}"
for role in airflow owner reporting analyst backup; do
  if [ ! -s "$secrets/${role}_password" ]; then
    echo "postgres-init: secrets/${role}_password.txt is missing or empty, see docs/containers.md" >&2
    exit 1
  fi
done
AIRFLOW_PASSWORD="$(<"$secrets/airflow_password")"
OWNER_PASSWORD="$(<"$secrets/owner_password")"
REPORTING_PASSWORD="$(<"$secrets/reporting_password")"
BACKUP_PASSWORD="$(<"$secrets/backup_password")"
ANALYST_PASSWORD="$(<"$secrets/analyst_password")"
export AIRFLOW_PASSWORD OWNER_PASSWORD REPORTING_PASSWORD ANALYST_PASSWORD BACKUP_PASSWORD

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv airflow_password AIRFLOW_PASSWORD
\getenv reporting_password REPORTING_PASSWORD
\getenv analyst_password ANALYST_PASSWORD
\getenv owner_password OWNER_PASSWORD
\getenv backup_password BACKUP_PASSWORD
SET log_statement = 'none';
CREATE ROLE airflow LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'airflow_password';
CREATE ROLE reporting_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE reporting LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'reporting_password';
CREATE ROLE analyst LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'analyst_password';
CREATE ROLE backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'backup_password' IN ROLE pg_read_all_data;
-- how the analyst's sessions begin: as include/sql/analyst.yaml has it
ALTER ROLE analyst CONNECTION LIMIT 10;
ALTER ROLE analyst SET default_transaction_read_only = 'on';
ALTER ROLE analyst SET statement_timeout = '60s';
ALTER ROLE analyst SET lock_timeout = '5s';
ALTER ROLE analyst SET idle_in_transaction_session_timeout = '10min';
CREATE DATABASE airflow OWNER airflow TEMPLATE template0;
CREATE DATABASE warehouse OWNER reporting_owner TEMPLATE template0;
-- each database is for its owner, the warehouse for the analyst besides
REVOKE ALL ON DATABASE airflow, warehouse, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE warehouse TO reporting, analyst, backup;
GRANT TEMPORARY ON DATABASE warehouse TO reporting;
GRANT CONNECT ON DATABASE airflow TO backup;
SQL
