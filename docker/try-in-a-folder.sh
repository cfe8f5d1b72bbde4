#!/usr/bin/env bash
# Does the steps of the Dockerfile in a folder of Debian's, without a container engine, and tries what comes of it.
#   docker/try-in-a-folder.sh FOLDER
# The steps are read from the Dockerfile: RUN in a chroot, COPY, WORKDIR, ENV and USER as they say. What differs:
# Debian's own Python (3.11) stands in for the image's 3.12, and both stages use one kind of folder. Needs root,
# debootstrap, about 9 GB, and half an hour the first time; a second run begins from the kept base system.
# pip and apt-get use the configuration of whoever starts it.
set -euo pipefail

clone="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
folder="$(realpath --canonicalize-missing "${1:?say in which folder}")"
base="$folder/base" stage="" user="" workdir="/"
declare -A stages=() environment=()

if [ "$(id -u)" -ne 0 ]; then echo "try-in-a-folder: root is needed for chroot" >&2; exit 1; fi
# mounts of our own, gone with this process
if [ -z "${IN_A_NAMESPACE:-}" ]; then IN_A_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$folder"; fi

say() { printf '\n== %s\n' "$*"; }

if [ ! -e "$base/etc/debian_version" ]; then
  say "base system (stands in for the image of FROM)"
  mkdir -p "$folder"
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python-is-python3 bookworm "$base" \
    "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" > "$folder/debootstrap.log"
fi

inside() { # a command in the stage's folder, with the ENV lines so far and what pip is told outside
  local given=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root)
  local name
  while IFS= read -r name; do given+=("$name"); done < <(env | grep -E '^(PIP_|SSL_CERT_|https?_proxy|HTTPS?_PROXY|no_proxy)' || true)
  for name in "${!environment[@]}"; do given+=("$name=${environment[$name]}"); done
  env --ignore-environment "${given[@]}" chroot ${user:+--userspec="$user"} "$stage" /bin/sh -c "cd '$workdir' && $1"
}

prepare_stage() {
  stage="$folder/$1"
  say "FROM … as $1"
  rm -rf --one-file-system "$stage"
  cp --archive "$base" "$stage"
  cp /etc/resolv.conf "$stage/etc/resolv.conf"
  mount --bind /proc "$stage/proc"
  mount --bind /dev "$stage/dev"
  # what pip is told outside names files there
  local named
  for named in "${PIP_CERT:-}" "${PIP_FIND_LINKS:-}"; do
    if [ -n "$named" ] && [ -e "$named" ] && [ ! -e "$stage$named" ]; then
      if [ -d "$named" ]; then mkdir -p "$stage$named"; else mkdir -p "$stage$(dirname "$named")"; touch "$stage$named"; fi
    fi
    if [ -n "$named" ] && [ -e "$named" ]; then mount --bind "$named" "$stage$named"; fi
  done
  user="" workdir="/" environment=()
}

set_environment() { # NAME=value …; $PATH stands for the base system's
  local pair value
  for pair in "$@"; do
    value="${pair#*=}"
    environment["${pair%%=*}"]="${value//\$PATH//usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
  done
}

number=0 pending="" entry=""
while IFS= read -r line || [ -n "$line" ]; do
  case "$line" in '#'*) continue ;; esac
  pending+="$line"
  case "$line" in *\\) pending="${pending%\\} "; continue ;; esac
  step="$pending" pending=""
  [ -n "${step// /}" ] || continue
  keyword="${step%% *}" rest="${step#* }"
  case "$keyword" in
    FROM)
      number=$((number + 1)); name="stage-$number"
      case "$rest" in *" AS "*) name="${rest##* AS }" ;; esac
      prepare_stage "$name"; stages["$name"]="$stage" ;;
    ENV) read -r -a pairs <<< "$rest"; set_environment "${pairs[@]}" ;;
    WORKDIR) workdir="$rest"; mkdir -p "$stage$workdir" ;;
    USER) user="$rest" ;;
    COPY)
      source="$clone"
      case "$rest" in --from=*) name="${rest%% *}"; source="${stages[${name#--from=}]}"; rest="${rest#* }" ;; esac
      read -r -a words <<< "$rest"
      target="${words[-1]}"; case "$target" in /*) ;; ./*) target="$workdir/${target#./}" ;; *) target="$workdir/$target" ;; esac
      say "COPY $rest"
      for word in "${words[@]:0:${#words[@]}-1}"; do
        if [ -d "$source/$word" ]; then
          mkdir -p "$stage$target"
          tar --create --directory "$source/$word" --exclude=__pycache__ --exclude='*.egg-info' . \
            | tar --extract --same-permissions --no-same-owner --directory "$stage$target"
        else
          case "$target" in */) mkdir -p "$stage$target" ;; *) mkdir -p "$stage$(dirname "$target")" ;; esac
          cp "$source/$word" "$stage$target"
        fi
      done ;;
    RUN) say "RUN $rest"; inside "$rest" ;;
    ENTRYPOINT) entry="$(tr -d '[]",' <<< "$rest")" ;;
    CMD) ;;
    *) echo "try-in-a-folder: no answer for $keyword" >&2; exit 1 ;;
  esac
done < "$clone/Dockerfile"

say "as docker-compose.yml runs it: user $user, the folder read-only, tmpfs, secrets mounted"
mount --bind "$stage" "$stage"
for at in /proc /dev; do mount --bind "$at" "$stage$at"; done
for at in /tmp /home/reporting /opt/airflow /run; do
  mount -t tmpfs -o "mode=0700,uid=10001,gid=10001,size=512m" tmpfs "$stage$at"
done
mkdir "$stage/run/secrets"
printf 'a b@c' > "$stage/run/secrets/trial"
mount -o remount,bind,ro "$stage"
unset 'environment[HOME]'; environment[HOME]=/home/reporting
check() { say "$1"; inside "$2"; }
check "the user is not root, and the folder cannot be written" \
  'test "$(id -u)" = 10001 && ! touch /opt/ky-bao-cao/x 2>/dev/null && ! touch /opt/venv/x 2>/dev/null && touch /tmp/x'
check "folders of the volumes are the user's alone" \
  'for f in archive backups desk inbox; do test "$(stat -c "%u %a" /srv/reporting/$f)" = "10001 700"; done'
environment[SHOWN]="x://u:{secret:trial}@h"
check "the entry point puts the secret in" "test \"\$($entry printenv SHOWN)\" = 'x://u:a%20b%40c@h'"
environment[SHOWN]="{secret:missing}"
check "the entry point stops where one is missing" "! $entry true"
unset 'environment[SHOWN]'
check "airflow version" "$entry airflow version"
check "reporting --help" "$entry reporting --help | head -n 3"
check "the modules that the services start" \
  'python -c "import local_stack.accounts, local_stack.capture, local_stack.warehouse, celery, redis, s3fs, reporting_airflow.plugin"'
check "PostgreSQL 18 client programs are there" \
  'python -c "import subprocess; from local_stack.postgres import binaries; subprocess.run([binaries() / \"pg_dump\", \"--version\"], check=True)"'
check "Writer makes a PDF" \
  'printf "Kỳ báo cáo" > /tmp/a.txt && cd /tmp && soffice -env:UserInstallation=file:///tmp/office --headless --convert-to pdf a.txt >/dev/null 2>&1 && pdftotext a.pdf - | grep "Kỳ báo cáo"'
du --summarize --human-readable --one-file-system "$stage"
say "all of it worked"
