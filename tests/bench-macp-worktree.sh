#!/usr/bin/env bash
# What a worktree costs a task of the queue, beside what git alone takes for one: `git worktree add` and `git worktree
# remove`, taken in turn with drains of tasks with a worktree, with one that is used again, and with none; at 1k, 10k and
# 50k files of 4 kB. Fails only when something did not run, never on a time.
#
#   tests/bench-macp-worktree.sh [--short]    a few minutes, or some seconds with 1k files with --short
#
# Needs bash 5, git and a Rust toolchain. It measures below TMPDIR, else in /dev/shm: a file system without a journal is
# many times slower once worktrees came and went.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sizes="1000 10000 50000" tasks=12
turns=5
[ "${1:-}" != --short ] || { sizes=1000 tasks=3 turns=2; }
die() { echo "bench-macp-worktree: $*" >&2; exit 1; }
[ -n "${EPOCHREALTIME:-}" ] || die "needs bash 5"
trap 'die "line $LINENO did not run: $BASH_COMMAND"' ERR

taskrun=${TASKRUN:-}
if [ -z "$taskrun" ]; then
  (cd "$root" && { cargo build --release --quiet --offline 2>/dev/null || cargo build --release --quiet; })
  taskrun=${CARGO_TARGET_DIR:-$root/target}/release/taskrun
fi
[ -n "${TMPDIR:-}" ] || { [ ! -d /dev/shm ] || TMPDIR=/dev/shm; }
scratch=$(mktemp -d "${TMPDIR:-/tmp}/taskrun-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/user GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=b GIT_AUTHOR_EMAIL=b@b GIT_COMMITTER_NAME=b GIT_COMMITTER_EMAIL=b@b
unset TASKRUN_WORKSPACE
mkdir -p "$HOME"

now() { REPLY=${EPOCHREALTIME/[.,]/}; }
took() { # COMMAND…: its time in microseconds
  now; local start=$REPLY
  "$@" >"$scratch/out" 2>&1 || { cat "$scratch/out" >&2; die "failed: $*"; }
  now; REPLY=$((REPLY - start))
}
median() { sort -n | { mapfile -t all; echo "${all[$((${#all[@]} / 2))]}"; }; }
ms() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }
ratio() { local r=$(($1 * 100 / ($2 > 0 ? $2 : 1))); printf '%d.%02d' $((r / 100)) $((r % 100)); }

repository() { # FILES
  mkdir -p "$scratch/repo" && cd "$scratch/repo"
  git init -q -b main
  printf '.taskrun/\n' >.git/info/exclude
  head -c 3000 /dev/zero | tr '\0' x >"$scratch/block"
  awk -v n="$1" -v block="$scratch/block" 'BEGIN { getline text < block
    for (i = 0; i < n; i++) { dir = "d" int(i / 100); if (i % 100 == 0) system("mkdir -p " dir)
      file = dir "/f" i; print i "\n" text > file; close(file) } }'
  git add -A && git commit -qm files
  mkdir -p .taskrun/macp
}
drain() { # WORKTREE REUSE: microseconds a task
  local at list=
  rm -rf .taskrun/macp
  mkdir -p .taskrun/macp
  # The first has the pool filled, or nothing.
  printf '[macp]\nworktree_reuse = %s\n' "$2" >.taskrun/config.toml
  for ((at = 0; at < tasks; at++)); do
    list+=", {\"id\": \"$1$2$at\", \"title\": \"t\", \"status\": \"pending\", \"dispatch\": \"exec\", \"command\": \"true\"$3}"
  done
  printf '{"tasks": [%s]}' "${list:2}" >.taskrun/macp/tasks.json
  took "$taskrun" macp drain
  git for-each-ref --format='delete %(refname)' refs/heads/feat | git update-ref --stdin
  REPLY=$((REPLY / tasks))
}
turn() {
  drain none false ''; echo "$REPLY" >>"$scratch/none"
  drain own false ', "worktree": ""'; echo "$REPLY" >>"$scratch/own"
  drain pool true ', "worktree": ""'; echo "$REPLY" >>"$scratch/pool"
  local at
  for at in 1 2 3; do
    took git worktree add --quiet -b "alone$at" "$scratch/tree" main; echo "$REPLY" >>"$scratch/add"
    took git worktree remove "$scratch/tree"; echo "$REPLY" >>"$scratch/remove"
    took git worktree add --quiet "$scratch/tree" "alone$at"
    took git worktree remove --force "$scratch/tree"; echo "$REPLY" >>"$scratch/force"
    git branch -qD "alone$at"
  done
}

echo "$(git --version), $(nproc) cores, $scratch; medians in ms a task"
row() { printf '%-7s %8s %8s %8s   %8s %8s %8s   %9s %9s %9s\n' "$@"; }
row files add remove force none own pool own/add+rm pool/add+rm pool/add+f
for files in $sizes; do
  rm -rf "$scratch/repo" "$HOME/src"
  repository "$files"
  drain pool true ', "worktree": ""'
  rm -f "$scratch"/{none,own,pool,add,remove,force}
  [ "$files" -lt 50000 ] || turns=3
  for ((at = 0; at < turns; at++)); do turn; done
  for name in none own pool add remove force; do declare "$name=$(median <"$scratch/$name")"; done
  # What the task itself takes is no worktree's cost.
  own=$((own - none)) pool=$((pool - none))
  row "$files" "$(ms "$add")" "$(ms "$remove")" "$(ms "$force")" "$(ms "$none")" "$(ms "$own")" "$(ms "$pool")" \
    "$(ratio "$own" $((add + remove)))" "$(ratio "$pool" $((add + remove)))" "$(ratio "$pool" $((add + force)))"
done
