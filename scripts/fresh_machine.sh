#!/usr/bin/env bash
# Shows that an empty folder and an empty environment are enough: clones HEAD, runs `make run` to a usable page, cold and
# then warm, prints the times, and checks that a killed server leaves no PostgreSQL behind.
#
#   scripts/fresh_machine.sh [FOLDER]          as yourself, in a new folder below FOLDER (default: the temporary one)
#   sudo scripts/fresh_machine.sh --user NAME  as that ordinary user
set -euo pipefail

user="" base="${TMPDIR:-/tmp}"
if [ "${1:-}" = --user ]; then user=$2; shift 2; fi
base="${1:-$base}"
source="$(cd "$(dirname "$0")/.." && pwd)"
port="${PORT:-8765}" page="http://127.0.0.1:${PORT:-8765}/accounts/login/"

mkdir -p "$base"
work=$(mktemp -d "$base/everthread-fresh-XXXXXX")
chmod 755 "$work"
server=""
finish() {
    if [ -n "$server" ]; then kill -TERM -- "-$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap finish EXIT

git clone --quiet --no-hardlinks "$source" "$work/a clone"
mkdir "$work/home"
as=()
if [ -n "$user" ]; then
    chown -R "$user" "$work"
    as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups)
fi
cd "$work/a clone"

start() { # the label of the run; returns when the page is there
    local begun ended
    begun=$(date +%s%N)
    setsid "${as[@]}" env -i HOME="$work/home" PATH="$PATH" PORT="$port" make run >"$work/log" 2>&1 &
    server=$!
    until curl --silent --fail --noproxy '*' --output /dev/null "$page"; do
        if ! kill -0 "$server" 2>/dev/null; then
            cat "$work/log"
            echo "make run ended before the page was there" >&2
            exit 1
        fi
        sleep 0.05
    done
    ended=$(date +%s%N)
    cat "$work/log"
    printf '== %s: usable page after %d.%02d s\n' "$1" $(((ended - begun) / 1000000000)) $(((ended - begun) / 10000000 % 100))
}

postgres_gone() { # after how many milliseconds no server uses this clone's data folder any more
    local waited=0 pid
    pid=$(head -n 1 "var/postgres/postmaster.pid" 2>/dev/null || true)
    while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do
        [ $waited -lt 15000 ] || { echo "PostgreSQL $pid is still there" >&2; exit 1; }
        sleep 0.05
        waited=$((waited + 50))
    done
    echo "== no PostgreSQL left (waited ${waited} ms)"
}

start "cold"
kill -TERM "$server"
wait "$server" || true # make says 143 though the server, which it passes the signal to, ends with 0
server=""
postgres_gone
grep --quiet '^Stopped\.$' "$work/log" && echo "== stopped in order by SIGTERM"
start "warm"
kill -KILL -- "-$server"
wait "$server" 2>/dev/null || true
server=""
postgres_gone
start "warm, after kill -9"
kill -INT -- "-$server"
wait "$server" || true
server=""
postgres_gone
