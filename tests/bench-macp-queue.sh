#!/usr/bin/env bash
# What the queue itself costs, without tasks: one submit with nothing and with 100,000 tasks queued, side by side and in
# turn; changes, checkpoints, replays and peak memory at 1k, 10k and 100k tasks. Fails only when something did not run.
#
#   tests/bench-macp-queue.sh [--short]      up to 10k, and submits only, with --short
#
# Needs bash 5, jq and a Rust toolchain. Measure on tmpfs (TMPDIR=/dev/shm) or on a disk with a journal: a file system without
# one is slow where files were deleted, and that is not the queue's doing. On tmpfs a sync costs nothing; on a disk it is in
# the figures of submit.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
most=100000; [ "${1:-}" != --short ] || most=10000
die() { echo "bench-macp-queue: $*" >&2; exit 1; }
for tool in jq cargo sort; do command -v "$tool" >/dev/null || die "needs $tool"; done
(cd "$root" && { cargo build --release --quiet --offline 2>/dev/null || cargo build --release --quiet; })
taskrun=$(cd "$root" && cargo metadata --format-version 1 --no-deps --offline | jq -r .target_directory)/release/taskrun
scratch=$(mktemp -d "${TMPDIR:-/tmp}/taskrun-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/user XDG_CONFIG_HOME=$scratch/user/.config
unset TASKRUN_WORKSPACE
mkdir -p "$HOME"

now() { REPLY=${EPOCHREALTIME/[.,]/}; }
median() { sort -n | { mapfile -t all; echo "${all[$((${#all[@]} / 2))]}"; }; }
submit() { # DIR ID: its time in REPLY
  now; local start=$REPLY
  (cd "$1" && exec "$taskrun" macp submit --title T --task-id "$2" -- true >/dev/null)
  now; REPLY=$((REPLY - start))
}

mkdir -p "$scratch/none/.taskrun" "$scratch/many/.taskrun"
jq -nc --argjson n "$most" '[range($n) | {id: "task-\(.)", title: "Task number \(.)", command: "true", description: ("x" * 150)}]' >"$scratch/many.json"
now; start=$REPLY
(cd "$scratch/many" && "$taskrun" macp submit --from "$scratch/many.json" >/dev/null)
now; echo "submit --from, $most tasks at once: $(((REPLY - start) / 1000)) ms"
for ((turn = 0; turn < 31; turn++)); do
  rm -rf "$scratch/none/.taskrun/macp"
  submit "$scratch/none" "new-$turn"; echo "$REPLY" >>"$scratch/none.times"
  submit "$scratch/many" "new-$turn"; echo "$REPLY" >>"$scratch/many.times"
done
none=$(median <"$scratch/none.times") many=$(median <"$scratch/many.times")
echo "one submit: $none us with none queued, $many us with $most queued ($(((many - none) / 1000)) ms more)"
now; start=$REPLY
(cd "$scratch/many" && "$taskrun" macp status >/dev/null)
now; echo "status, $most queued: $(((REPLY - start) / 1000)) ms"

# What a change and a snapshot cost alone: the library's tests have to be built for that, which the short form is too short for.
[ "${1:-}" != --short ] || exit 0
echo
for ((count = 1000; count <= most; count *= 10)); do
  (cd "$root" && TMPDIR=$scratch TASKRUN_BENCH_TASKS=$count cargo test --release --quiet --offline --lib macp::queue_costs -- \
    --ignored --nocapture --test-threads 1) | grep tasks
done
