#!/bin/bash
# Starts the image's own entry point with TLS: the key, readable by all as a mounted secret, is copied to where
# the server alone reads it, as PostgreSQL demands.
set -euo pipefail

secrets="${SECRETS_FOLDER:-/run/secrets}"
folder="${TLS_FOLDER:-/run/postgresql}"
here="$(dirname "${BASH_SOURCE[0]}")"
for secret in postgres_tls_certificate postgres_tls_key; do
  if [ ! -s "$secrets/$secret" ]; then
    echo "postgres: secrets/$secret.txt is missing or empty, see docs/containers.md" >&2
    exit 1
  fi
done
install --mode 0600 "$secrets/postgres_tls_key" "$folder/server.key"
exec docker-entrypoint.sh postgres \
  -c ssl=on -c ssl_cert_file="$secrets/postgres_tls_certificate" -c ssl_key_file="$folder/server.key" \
  -c ssl_min_protocol_version=TLSv1.2 -c hba_file="$here/pg_hba.conf" \
  -c max_connections=200 -c timezone=UTC -c log_timezone=UTC "$@"
