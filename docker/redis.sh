#!/bin/bash
# Redis as the workers' queue: `serve` starts it, encrypted and with a password; `healthy` asks whether it answers.
# Every change is appended to a file: what was queued is there again after a restart. The password stands in a
# file that Redis alone reads, never on a command line.
set -euo pipefail

secrets="${SECRETS_FOLDER:-/run/secrets}"
folder="${REDIS_FOLDER:-/run/redis}"
data="${REDIS_DATA:-/data}"
port="${REDIS_PORT:-6379}"

case "${1:-}" in
  serve)
    for secret in redis_password redis_tls_certificate redis_tls_key tls_ca; do
      if [ ! -s "$secrets/$secret" ]; then
        echo "redis: secrets/$secret.txt is missing or empty, see docs/containers.md" >&2
        exit 1
      fi
    done
    umask 077
    cat > "$folder/redis.conf" <<CONFIGURATION
port 0
tls-port $port
tls-cert-file "$secrets/redis_tls_certificate"
tls-key-file "$secrets/redis_tls_key"
tls-ca-cert-file "$secrets/tls_ca"
tls-auth-clients no
requirepass $(<"$secrets/redis_password")
dir "$data"
appendonly yes
save ""
maxmemory 256mb
maxmemory-policy noeviction
CONFIGURATION
    exec redis-server "$folder/redis.conf"
    ;;
  healthy)
    REDISCLI_AUTH="$(<"$secrets/redis_password")"
    export REDISCLI_AUTH
    answer="$(redis-cli --tls --cacert "$secrets/tls_ca" -p "$port" ping)"
    [ "$answer" = PONG ]
    ;;
  *)
    echo "redis.sh: say serve or healthy" >&2
    exit 2
    ;;
esac
