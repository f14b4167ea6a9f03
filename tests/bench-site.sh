#!/usr/bin/env bash
# What `site start` costs over the server itself: ten paired starts, in turn, of one and the same server, plain until its first
# answer and by `site start` until that returns. Fails only when something did not run.
#
#   tests/bench-site.sh                   a release build; TASKRUN=FILE measures that binary
#
# Needs bash 5, node and, without TASKRUN, jq and a Rust toolchain.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
die() { echo "bench-site: $*" >&2; exit 1; }
[ -n "${EPOCHREALTIME:-}" ] || die "needs bash 5"
command -v node >/dev/null || die "needs node"
trap 'die "line $LINENO did not run: $BASH_COMMAND"' ERR
if [ -n "${TASKRUN:-}" ]; then
  taskrun=$TASKRUN
else
  for tool in jq cargo; do command -v "$tool" >/dev/null || die "needs $tool"; done
  (cd "$root" && { cargo build --release --quiet --offline 2>/dev/null || cargo build --release --quiet; })
  taskrun=$(cd "$root" && cargo metadata --format-version 1 --no-deps --offline | jq -r .target_directory)/release/taskrun
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/taskrun-bench.XXXXXX")
site() { "$taskrun" -C "$scratch" site "$@"; }
finish() { site stop bench >/dev/null 2>&1 || true; rm -rf "$scratch"; }
trap finish EXIT
export HOME=$scratch/user XDG_CONFIG_HOME=$scratch/user/.config
unset TASKRUN_WORKSPACE
mkdir -p "$HOME" "$scratch/.taskrun/sites" "$scratch/bench"
cp "$root/tests/fixtures/sites/dev-server.mjs" "$scratch/bench/"

now() { local t=${EPOCHREALTIME/[.,]/}; REPLY=$t; }
median() { sort -n | { mapfile -t all; echo "${all[$((${#all[@]} / 2))]:-0}"; }; }
ms() { printf '%d.%02d ms' $(($1 / 1000)) $(($1 % 1000 / 10)); }
answers() { # PORT: whether an HTTP server answers there
  local line
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
  IFS= read -r line <&3 || line=
  exec 3>&-
  [[ $line == HTTP/* ]]
}
port=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
plain() {
  local child start
  set -m
  now; start=$REPLY
  (cd "$scratch/bench" && exec env PORT="$port" NO_COLOR=1 node dev-server.mjs $flags) >"$scratch/plain.log" 2>&1 </dev/null &
  child=$!
  until answers "$port"; do :; done
  now; REPLY=$((REPLY - start))
  { kill -- "-$child"; wait "$child" || true; } 2>/dev/null
  set +m
}
by_us() {
  local start took
  now; start=$REPLY
  site start bench >/dev/null
  now; took=$((REPLY - start))
  site stop bench >/dev/null
  REPLY=$took
}
printf '%-34s %12s %12s %12s  %s\n' "first answer, median of 10" "plain" "site start" "overhead" "overhead <= 150 ms"
for flags in "" "--delay 500" "--wrap --delay 500"; do
  printf '{"version":1,"name":"bench","path":"%s","port":%d,"recipe":{"stack":"node","commands":{"dev":"node dev-server.mjs %s"}}}' \
    "$(cd "$scratch/bench" && pwd -P)" "$port" "$flags" >"$scratch/.taskrun/sites/bench.json"
  rm -f "$scratch"/times.*
  for ((turn = 0; turn < 10; turn++)); do
    plain; one=$REPLY
    by_us
    echo "$one" >>"$scratch/times.1"; echo "$REPLY" >>"$scratch/times.2"; echo $((REPLY - one)) >>"$scratch/times.3"
  done
  printf '%-34s %12s %12s %12s\n' "node ${flags:-at once}" "$(ms "$(median <"$scratch/times.1")")" \
    "$(ms "$(median <"$scratch/times.2")")" "$(ms "$(median <"$scratch/times.3")")"
done
