#!/usr/bin/env bash
# `site check` of 20 pages in a real Chromium, against 1 s + 0.5 s a page, and by HTTP alone. Fails only when something did not
# run, never on a time.
#
#   tests/bench-site-check.sh [--short]      nine turns; three with --short
#   TASKRUN=FILE tests/bench-site-check.sh   measures this binary
#
# Needs bash 5, jq, python3, a Chromium and a Rust toolchain.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
turns=9; [ "${1:-}" != --short ] || turns=3
die() { echo "bench-site-check: $*" >&2; exit 1; }
[ -n "${EPOCHREALTIME:-}" ] || die "needs bash 5"
for tool in jq python3 cargo sort; do command -v "$tool" >/dev/null || die "needs $tool"; done
trap 'die "line $LINENO did not run: $BASH_COMMAND"' ERR

# What is measured is built here, unless it is named.
if [ -z "${TASKRUN:-}" ]; then
  (cd "$root" && { cargo build --release --quiet --offline 2>/dev/null || cargo build --release --quiet; })
  TASKRUN=$(cd "$root" && cargo metadata --format-version 1 --no-deps --offline | jq -r .target_directory)/release/taskrun
fi
taskrun=$TASKRUN
python=$(python3 -c 'import sys; print(sys.executable)')
scratch=$(mktemp -d "${TMPDIR:-/tmp}/taskrun-bench.XXXXXX")
at() { "$taskrun" -C "$scratch" "$@"; }
trap 'at site stop shop >/dev/null 2>&1 || true; rm -rf "$scratch"' EXIT
export HOME=$scratch/user XDG_CONFIG_HOME=$scratch/user/.config
unset TASKRUN_WORKSPACE
mkdir -p "$HOME" "$scratch/shop"

# ---- a site of 20 pages, each with a style, a script, a picture and links to all others ----
pages=()
links=$(for n in {1..20}; do echo "<a href=/p$n.html>page $n</a>"; done)
for n in {1..20}; do
  pages+=(--page "/p$n.html")
  echo "<!doctype html><title>Page $n</title><link rel=stylesheet href=/s.css><script src=/s.js></script><img src=/i.svg>$links" >"$scratch/shop/p$n.html"
done
echo "body { font: 16px sans-serif }" >"$scratch/shop/s.css"
echo "document.title += '!'" >"$scratch/shop/s.js"
echo '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' >"$scratch/shop/i.svg"
at workspace init >/dev/null 2>&1
at site mount "$scratch/shop" --dev "$python -m http.server \$PORT --bind 127.0.0.1" >/dev/null
at site start shop >/dev/null 2>&1

# ---- measuring: times in microseconds ----
median() { sort -n | { mapfile -t all; echo "${all[$((${#all[@]} / 2))]:-0}"; }; }
measure() { # ARGS…: the median time of a check with them in REPLY
  local turn start
  : >"$scratch/times"
  for ((turn = 0; turn < turns; turn++)); do
    start=${EPOCHREALTIME/[.,]/}
    at site check shop --json "$@" >"$scratch/report" || die "not sound: $(jq -c '[.pages[].flaws[]]' "$scratch/report")"
    echo $((${EPOCHREALTIME/[.,]/} - start)) >>"$scratch/times"
  done
  REPLY=$(median <"$scratch/times")
}
row() { printf '%-34s %8d ms   %s\n' "$1" $(($2 / 1000)) "$3"; }
measure --http "${pages[@]}"; row "20 pages by HTTP alone" "$REPLY" ""
measure "${pages[@]}"
browser=$(jq -r '.browser // empty' "$scratch/report"); [ -n "$browser" ] || die "needs a Chromium"
row "20 pages in $browser" "$REPLY" "at most 11000 ms"
measure --page /p1.html; row "1 page" "$REPLY" "at most 1500 ms"
measure "${pages[@]}" --screenshots "$scratch/shots"; row "20 pages with pictures" "$REPLY" ""
