#!/usr/bin/env bash
# The task store against what it has to be measured by: reading verbs against `jq` parsing the same file,
# writing ones against `cp --reflink=never F G && sync G`, all side by side and interleaved, at 100, 1k,
# 10k and 100k issues of about 1 KB. Fails only when something did not run, never on a time.
#
#   tests/bench-beads.sh [--short]      a few minutes, or half a minute up to 10k with --short
#   BD="DIR/bd …" tests/bench-beads.sh  also against these binaries of `bd`
#
# Needs bash 5, jq, coreutils and a Rust toolchain; peak memory needs GNU time. It measures below TMPDIR,
# which must lie on a disk for `sync` to mean anything.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
short=; [ "${1:-}" != --short ] || short=1
die() { echo "bench-beads: $*" >&2; exit 1; }
[ -n "${EPOCHREALTIME:-}" ] || die "needs bash 5"
for tool in jq cargo sort; do command -v "$tool" >/dev/null || die "needs $tool"; done
trap 'die "line $LINENO did not run: $BASH_COMMAND"' ERR
pick() { if [ "$short" ]; then echo "$1"; else echo "$2"; fi; }

(cd "$root" && { cargo build --release --quiet --offline 2>/dev/null || cargo build --release --quiet; })
taskrun=$(cd "$root" && cargo metadata --format-version 1 --no-deps --offline | jq -r .target_directory)/release/taskrun
scratch=$(mktemp -d "${TMPDIR:-/tmp}/taskrun-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/user XDG_CONFIG_HOME=$scratch/user/.config BEADS_ACTOR=bench BD_NON_INTERACTIVE=1
unset TASKRUN_WORKSPACE BEADS_DIR BEADS_DB
mkdir -p "$HOME"

# ---- measuring: times in microseconds ----
now() { local t=${EPOCHREALTIME/[.,]/}; REPLY=$t; }
median() { sort -n | { mapfile -t all; echo "${all[$((${#all[@]} / 2))]:-0}"; }; }
took() { # COMMAND…: its time in REPLY
  now; local start=$REPLY
  "$@" >/dev/null 2>"$scratch/stderr" || { cat "$scratch/stderr" >&2; die "failed: $*"; }
  now; REPLY=$((REPLY - start))
}
turns() { # COUNT FUNCTION…: medians in M, of COUNT turns each, taken in turn
  local count=$1 turn at; shift
  rm -f "$scratch"/times.*
  for ((turn = 0; turn < count; turn++)); do
    for ((at = 1; at <= $#; at++)); do took "${!at}"; echo "$REPLY" >>"$scratch/times.$at"; done
  done
  M=(); for ((at = 1; at <= $#; at++)); do M+=("$(median <"$scratch/times.$at")"); done
}
ms() { printf '%d.%02d ms' $(($1 / 1000)) $(($1 % 1000 / 10)); }
ratio() { local r=$(($1 * 1000 / ($2 > 0 ? $2 : 1))); printf '%d.%03d' $((r / 1000)) $((r % 1000)); }
row() { printf '%-26s %7s %11s %9s %11s %9s %11s  %s\n' "$@"; }
peak() { # FUNCTION: the peak memory of one run, in MiB
  [ -x /usr/bin/time ] || { REPLY="-"; return; }
  prefix=(/usr/bin/time -f %M -o "$scratch/peak"); took "$1"; prefix=()
  REPLY=$(tail -n 1 "$scratch/peak"); REPLY="$((REPLY / 1024)).$((REPLY % 1024 * 10 / 1024)) MiB"
}

# ---- stores ----
# Epics of forty with their children, two in five closed, one in five waiting for the one before, one in nine with comments.
issues() { # N
  jq -nc --argjson n "$1" '
    ["Fix", "Add", "Remove", "Speed up", "Document", "Test", "Rewrite", "Move"] as $verb
    | ["the parser of settings", "login for guests", "\"quoted\" names in exports", "retries of <failed> uploads",
       "the cache & its limits", "paging — ünïcode titles", "CSV import", "the nightly report"] as $what
    | ["alice", "bob", "agent-7", "carol"] as $who
    | ("What has to be done, why, and how it is seen to be done.\nSee `src/main.rs` and \"the notes\" there; " +
       "a <b>bold</b> word, a path C:\\dir, 日本語.\n\n- step one\n- step two\n\t- deeper\n") as $text
    | range($n) | . as $i | ($i - $i % 40) as $epic | (1767225600 + $i * 61 | todate) as $at | $who[$i % 4] as $by
    | {id: "bn-\($i)", title: "\($verb[$i % 8]) \($what[$i * 7 % 5 + $i % 4]) (\($i))",
       description: "\($i): \($text * (2 + $i % 4))",
       status: (if $i % 10 < 4 then "closed" elif $i % 50 == 7 then "in_progress" else "open" end),
       priority: ($i % 5), issue_type: (if $i == $epic then "epic" elif $i % 6 == 1 then "bug" else "task" end)}
      + (if $i % 50 == 7 then {assignee: $by} else {} end) + {created_at: $at, created_by: $by, updated_at: $at}
      + (if $i % 10 < 4 then {closed_at: $at, close_reason: "Done"} else {} end)
      + {labels: ["l\($i % 7)", "area-\($i % 13)"][:(1 + $i % 2)], dependencies: (
          [if $i != $epic then {issue_id: "bn-\($i)", depends_on_id: "bn-\($epic)", type: "parent-child", created_at: $at, created_by: $by} else empty end,
           if $i % 5 == 2 then {issue_id: "bn-\($i)", depends_on_id: "bn-\($i - 1)", type: "blocks", created_at: $at, created_by: $by} else empty end])}
      + (if $i % 9 != 0 then {} else {comments: [range(1 + $i % 3) | {id: ($i * 3 + .), issue_id: "bn-\($i)", author: $who[. % 4],
          text: "Looked into it; \"works\" on my side.\nMore tomorrow.", created_at: $at}]} end)'
}
sizes=(100 1000 10000); [ "$short" ] || sizes+=(100000)
for n in "${sizes[@]}"; do
  mkdir -p "$scratch/s$n/.beads" "$scratch/s$n/.taskrun"
  issues "$n" >"$scratch/s$n/.beads/issues.jsonl"
done

# ---- what is measured, and by what ----
prefix=() next=0
at() { "${prefix[@]}" "$taskrun" -C "$scratch/s$n" "$@"; }
jq_() { jq -c . "$scratch/s$n/.beads/issues.jsonl"; }
if cp --reflink=never /dev/null "$scratch/copy" 2>/dev/null; then
  copy_() { cp --reflink=never "$scratch/s$n/.beads/issues.jsonl" "$scratch/copy" && sync "$scratch/copy"; }
else
  copy_() { cp "$scratch/s$n/.beads/issues.jsonl" "$scratch/copy" && sync; }
fi
do_ready() { at beads ready; }
do_ready_json() { at beads ready --json; }
do_list() { at beads list; }
do_list_json() { at beads list --json --all; }
do_show() { at beads show "bn-$((n / 2))" --json; }
do_stats() { at beads stats; }
do_board() { at board; }
do_board_json() { at board --json; }
do_create() { at beads create "one more" -d "What is to be done."; }
do_child() { at beads create "a child" --parent bn-40; }
do_update() { next=$((next + 1)); at beads update "bn-$((n / 2))" --title "title $next"; }
do_close() { next=$((next + 1)); at beads close "bn-$((n - next % 50 - 1))"; }
do_claim() { at beads claim; }
do_comment() { at beads comment "bn-$((n / 3))" "seen"; }

measure() { # YARDSTICK TARGET VERB…
  local yard=$1 goal=$2 verb base reps; shift 2
  echo
  row "against ${yard_name[$yard]}" issues taskrun growth yardstick ratio "peak memory" "${goal:+ratio $goal}"
  for verb in "$@"; do
    base=
    for n in "${sizes[@]}"; do
      reps=$(pick 3 9); [ "$n" -lt 100000 ] || reps=5
      [ "$n" -gt 1000 ] || reps=$((reps * 2 + 1))
      turns "$reps" "do_$verb" "$yard"
      peak "do_$verb"
      row "${verb//_/ --}" "$n" "$(ms "${M[0]}")" "${base:+$(ratio "${M[0]}" "$base") x}" "$(ms "${M[1]}")" \
        "$(ratio "${M[0]}" "${M[1]}")" "$REPLY" ""
      base=${M[0]}
    done
  done
}
declare -A yard_name=([jq_]='`jq -c .`' [copy_]='`cp && sync`')
echo "task store: $(df --output=fstype "$scratch" 2>/dev/null | tail -n 1), $(wc -c <"$scratch/s${sizes[-1]}/.beads/issues.jsonl") bytes in ${sizes[-1]} issues"
measure jq_ "<= 0.3" ready ready_json list show $(pick "" "list_json stats board board_json")
measure copy_ "<= 2" create update close $(pick "" "child claim comment")

# ---- many creates ----
# At most 10k: at 100k a thousand copies of 100 MB say nothing new in several minutes.
echo
row "1,000 creates in a row" issues each growth "cp && sync" ratio total ""
base=
for n in $(pick 100 "100 1000 10000"); do
  total=0; rm -f "$scratch/times.1"
  for ((round = 0; round < 10; round++)); do
    took copy_; echo "$REPLY" >>"$scratch/times.1"
    now; start=$REPLY
    for ((k = 0; k < 100; k++)); do at beads create "number $round $k" --silent >/dev/null; done
    now; total=$((total + REPLY - start))
  done
  copies=$(median <"$scratch/times.1")
  row "" "$n" "$(ms $((total / 1000)))" "${base:+$(ratio $((total / 1000)) "$base") x}" "$(ms "$copies")" \
    "$(ratio $((total / 1000)) "$copies")" "$((total / 1000000)).$((total % 1000000 / 100000)) s" ""
  base=$((total / 1000))
done

# ---- bd ----
[ -n "${BD:-}" ] || { echo; echo "against bd: not measured, BD names no binaries"; exit 0; }
as_bd() { (cd "$scratch/bd$n" && "$bd" "${mode[@]}" "$@"); }
bd_ready() { as_bd ready --json; }
bd_list() { as_bd list --json; }
bd_show() { as_bd show "bn-$((n / 2))" --json; }
bd_create() { as_bd create "one more" -d "What is to be done."; }
bd_update() { next=$((next + 1)); as_bd update "bn-$((n / 2))" --title "title $next"; }
bd_close() { next=$((next + 1)); as_bd close "bn-$((n - next % 50 - 1))" --force; }
for bd in $BD; do
  version=$("$bd" version 2>/dev/null) help=$("$bd" --help 2>&1) || die "$bd does not run"
  version=${version%%$'\n'*} mode=() most=1000
  [[ $help != *--no-db* ]] || mode=(--no-db) most=${sizes[-1]}
  echo
  row "$version ${mode[*]}" issues taskrun "" bd "x as fast" "" ">= 5 x"
  for n in "${sizes[@]}"; do
    [ "$n" -le "$most" ] || { echo "more than $most issues: an import takes it too long"; break; }
    rm -rf "$scratch/bd$n"; mkdir -p "$scratch/bd$n/.beads"
    issues "$n" >"$scratch/s$n/.beads/issues.jsonl"
    if [ ${#mode[@]} -gt 0 ]; then
      cp "$scratch/s$n/.beads/issues.jsonl" "$scratch/bd$n/.beads/"
      printf 'no-db: true\nissue-prefix: "bn"\n' >"$scratch/bd$n/.beads/config.yaml"
    else
      rmdir "$scratch/bd$n/.beads"
      (cd "$scratch/bd$n" && git init -q && "$bd" init -q --skip-hooks --skip-agents -p bn &&
        "$bd" import "$scratch/s$n/.beads/issues.jsonl") >/dev/null 2>"$scratch/stderr" || { cat "$scratch/stderr" >&2; die "$bd init"; }
    fi
    for verb in ready list show create update close; do
      reps=$(pick 1 5); [ "$n" -lt 100000 ] || reps=2
      turns "$reps" "do_$verb" "bd_$verb"
      row "$verb" "$n" "$(ms "${M[0]}")" "" "$(ms "${M[1]}")" "$(ratio "${M[1]}" "${M[0]}")" "" ""
    done
  done
done
