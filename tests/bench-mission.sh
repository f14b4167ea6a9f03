#!/usr/bin/env bash
# Lists against what a shell has for them, side by side and in turn: `mission list` over 1,000 missions against `find` and `jq`
# over their files, `skill list` against `--version`. Fails only when something did not run, never on a time.
#
#   tests/bench-mission.sh [--short]    more missions too; 1,000 and fewer turns with --short
#   TASKRUN=FILE tests/bench-mission.sh measures this binary
#
# Needs bash 5, jq, findutils and a Rust toolchain.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
short=; [ "${1:-}" != --short ] || short=1
die() { echo "bench-mission: $*" >&2; exit 1; }
[ -n "${EPOCHREALTIME:-}" ] || die "needs bash 5"
for tool in jq find xargs cargo sort; do command -v "$tool" >/dev/null || die "needs $tool"; done
trap 'die "line $LINENO did not run: $BASH_COMMAND"' ERR
pick() { if [ "$short" ]; then echo "$1"; else echo "$2"; fi; }

# What is measured is built here, unless it is named.
if [ -z "${TASKRUN:-}" ]; then
  (cd "$root" && { cargo build --release --quiet --offline 2>/dev/null || cargo build --release --quiet; })
  TASKRUN=$(cd "$root" && cargo metadata --format-version 1 --no-deps --offline | jq -r .target_directory)/release/taskrun
fi
taskrun=$TASKRUN
base=${TMPDIR:-/tmp}; [ ! -w /dev/shm ] || base=/dev/shm
scratch=$(mktemp -d "$base/taskrun-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/user XDG_CONFIG_HOME=$scratch/user/.config
unset TASKRUN_WORKSPACE
mkdir -p "$HOME"

# ---- measuring: times in microseconds ----
now() { REPLY=${EPOCHREALTIME/[.,]/}; }
median() { sort -n | { mapfile -t all; echo "${all[$((${#all[@]} / 2))]:-0}"; }; }
took() { # COMMAND…: its time in REPLY
  now; local start=$REPLY
  "$@" >/dev/null 2>"$scratch/stderr" || { cat "$scratch/stderr" >&2; die "failed: $*"; }
  now; REPLY=$((REPLY - start))
}
pair() { # N A B: medians of N turns each of the functions A and B, taken in turn
  local count=$1 turn; : >"$scratch/a"; : >"$scratch/b"
  for ((turn = 0; turn < count; turn++)); do
    took "$2"; echo "$REPLY" >>"$scratch/a"
    took "$3"; echo "$REPLY" >>"$scratch/b"
  done
  A=$(median <"$scratch/a") B=$(median <"$scratch/b")
}
ms() { printf '%d.%02d ms' $(($1 / 1000)) $(($1 % 1000 / 10)); }
ratio() { local r=$(($1 * 100 / ($2 > 0 ? $2 : 1))); printf '%d.%02d' $((r / 100)) $((r % 100)); }
row() { printf '%-46s %12s %12s %12s  %s\n' "$@"; }

# N missions, each as far as it may be: every tenth one waits for a person, every fifth one says that a step runs, whose
# process is gone, and each has the records of three runs.
missions() { # N DIR
  local active=$2/.taskrun/missions/active id folder number
  mkdir -p "$active"
  for ((number = 0; number < $1; number++)); do
    printf -v id 'm-17600000%05d-bench' "$number"
    folder=$active/$id--mission-number-$number
    mkdir -p "$folder/artifacts" "$folder/logs" "$folder/runs"
    local status=ready
    case $number in *0) status=waiting_human ;; *5) status=running_code_agent ;; esac
    printf '{\n  "version": 1,\n  "mission_id": "%s",\n  "title": "Mission number %d",\n  "type": "feature",\n  "workflow_id": "standard-feature",\n  "current_step": %d,\n  "status": "%s",\n  "created_at": "2026-01-01T00:00:00Z",\n  "updated_at": "2026-01-02T00:00:00Z",\n  "errors": []\n}\n' \
      "$id" "$number" $((number % 8)) "$status" >"$folder/mission.json"
    for run in 1 2 3; do
      printf '{"step_id": "cleanup", "run_id": "r-%d", "started_at": "2026-01-01T00:0%d:00Z"}\n' $run $run \
        >"$folder/runs/step-01-cleanup.r-$run.json"
    done
  done
}

row "lists" taskrun "shell" ratio target
many=1000
our_list() { "$taskrun" -C "$scratch/$many" mission list; }
our_json() { "$taskrun" -C "$scratch/$many" mission list --json; }
find_jq() {
  find "$scratch/$many/.taskrun/missions" -name mission.json -print0 |
    xargs -0 jq -c '{mission_id, title, type, status, current_step, updated_at}'
}
for many in 1000 $(pick "" 10000); do
  missions "$many" "$scratch/$many"
  [ "$(our_list | wc -l)" = "$many" ] && [ "$(find_jq | wc -l)" = "$many" ] || die "not all $many missions are listed"
  pair "$(pick 7 21)" our_list find_jq
  row "mission list, $many missions (find | xargs jq)" "$(ms "$A")" "$(ms "$B")" "$(ratio "$A" "$B")" "<= 2"
  pair "$(pick 7 21)" our_json find_jq
  row "mission list --json, $many missions" "$(ms "$A")" "$(ms "$B")" "$(ratio "$A" "$B")" "<= 2"
done

times=$(pick 20 50)
mkdir -p "$scratch/skills/.taskrun"
skill_list() { for ((k = 0; k < times; k++)); do "$taskrun" -C "$scratch/skills" skill list; done; }
version() { for ((k = 0; k < times; k++)); do "$taskrun" --version; done; }
pair "$(pick 7 21)" skill_list version
row "skill list (against --version)" "$(ms $((A / times)))" "$(ms $((B / times)))" "$(ratio "$A" "$B")" "<= 2"
