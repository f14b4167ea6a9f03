#!/usr/bin/env bash
# How fast and how small: ratios measured side by side, interleaved, in one run. Fails only when
# something did not run, never on a time.
#
#   tests/bench.sh [--short]     a few minutes, or half a minute (after the builds) with --short
#
# Needs Linux or macOS with bash 5, git, jq, coreutils and a Rust toolchain.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
short=; [ "${1:-}" != --short ] || short=1
die() { echo "bench: $*" >&2; exit 1; }
[ -n "${EPOCHREALTIME:-}" ] || die "needs bash 5"
for tool in git jq cargo sort; do command -v "$tool" >/dev/null || die "needs $tool"; done
trap 'die "line $LINENO did not run: $BASH_COMMAND"' ERR
pick() { if [ "$short" ]; then echo "$1"; else echo "$2"; fi; }

# A machine of its own: no settings of the user's, memory for a disk where there is one.
base=${TMPDIR:-/tmp}; [ ! -w /dev/shm ] || base=/dev/shm
scratch=$(mktemp -d "$base/taskrun-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
build() { # DIR: in it, without the network if that will do
  (cd "$1" && { cargo build --release --quiet --offline 2>/dev/null || cargo build --release --quiet; })
}
build "$root"
taskrun=$(cd "$root" && cargo metadata --format-version 1 --no-deps --offline | jq -r .target_directory)
target=$taskrun taskrun=$taskrun/release/taskrun

# The smallest program with the same grammar library, of the same version, built the same way.
mkdir -p "$scratch/hello/src"
cp "$root/Cargo.lock" "$scratch/hello/"
{ printf '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2024"\n[workspace]\n[dependencies]\n'
  grep '^clap = ' "$root/Cargo.toml"
  sed -n '/^\[profile.release\]/,/^$/p' "$root/Cargo.toml"; } >"$scratch/hello/Cargo.toml"
cat >"$scratch/hello/src/main.rs" <<'RUST'
use clap::Parser;
#[derive(Parser)]
#[command(version)]
struct Cli {
    name: Option<String>,
}
fn main() {
    println!("Hello, {}!", Cli::parse().name.as_deref().unwrap_or("world"));
}
RUST
(export CARGO_TARGET_DIR=$target/bench; build "$scratch/hello"; cp "$target/bench/release/hello" "$scratch/hello.bin")

# The toolchain lies in the home that is left here; bench-beads.sh builds below.
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup} CARGO_HOME=${CARGO_HOME:-$HOME/.cargo}
export HOME=$scratch/user XDG_CONFIG_HOME=$scratch/user/.config GIT_CONFIG_GLOBAL=$scratch/user/.gitconfig
export GIT_CONFIG_NOSYSTEM=1 BENCH=$scratch TASKRUN=$taskrun
unset TASKRUN_WORKSPACE GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
mkdir -p "$HOME"
git config --global user.name bench
git config --global user.email bench@localhost
git config --global init.defaultBranch main

# ---- measuring: times in microseconds ----
now() { local t=${EPOCHREALTIME/[.,]/}; REPLY=$t; }
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
mib() { printf '%d.%d MiB' $(($1 / 1024)) $(($1 % 1024 * 10 / 1024)); }
ratio() { local r=$(($1 * 100 / ($2 > 0 ? $2 : 1))); printf '%d.%02d' $((r / 100)) $((r % 100)); }
row() { printf '%-46s %12s %12s %12s  %s\n' "$@"; }
head_() { echo; row "$1" "$2" "$3" "$4" target; }

# ---- stores ----
# N issues of about 1 KB: every tenth closed, every third waiting for the one before, epics of 50.
store() { # N DIR
  mkdir -p "$2"
  (cd "$2" && git init -q && "$taskrun" -q workspace init >/dev/null)
  jq -nc --argjson n "$1" '
    ("What has to be done, why, and how it is seen to be done. " * 12) as $text
    | range($n) | . as $i
    | (1767225600 + $i | todate) as $at
    | {id: "bn-\($i)", title: "Task number \($i)", description: "\($i): \($text)",
       status: (if $i % 10 == 9 then "closed" else "open" end), priority: ($i % 5),
       issue_type: (if $i % 50 == 0 then "epic" else "task" end), created_at: $at, updated_at: $at}
      + (if $i % 10 == 9 then {closed_at: $at, close_reason: "Done"} else {} end)
      + {labels: ["l\($i % 7)"], dependencies: (
          [if $i % 50 != 0 then {issue_id: "bn-\($i)", depends_on_id: "bn-\($i - $i % 50)", type: "parent-child", created_at: $at} else empty end,
           if $i % 3 == 2 then {issue_id: "bn-\($i)", depends_on_id: "bn-\($i - 1)", type: "blocks", created_at: $at} else empty end])}
  ' >"$2/.beads/issues.jsonl"
}
tasks() { # N DIR: N ready tasks in a repository with one commit, and the agents below
  store 0 "$2"
  jq -nc --argjson n "$1" 'range($n) | {id: "bn-\(.)", title: "Task \(.)", description: "Do it.", status: "open",
    priority: 2, issue_type: "task", created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z"}' \
    >"$2/.beads/issues.jsonl"
  settle "$2"
}
settle() { # DIR
  local agent
  { printf '[agent]\nmax_repeats = 0\n[loop]\nno_progress = 0\n'
    for agent in stamp file short long seven ten; do printf '[agents.%s]\ncommand = ["%s"]\n' $agent "$scratch/$agent"; done
    printf '[agents.stream]\ncommand = ["%s"]\noutput = "claude"\n' "$scratch/stream"
  } >"$1/.taskrun/config.toml"
  (cd "$1" && git add -A && git commit -qm start)
}

# ---- agents ----
agent() { { echo "#!$BASH"; cat; } >"$scratch/$1"; chmod +x "$scratch/$1"; }
agent stamp <<'SH'
start=$EPOCHREALTIME
echo '<promise>COMPLETE</promise>'
echo "${start/[.,]/} ${EPOCHREALTIME/[.,]/}" >>"$BENCH/stamps"
SH
agent file <<'SH'
start=$EPOCHREALTIME
echo "made at $start" >"file-$start"
echo '<promise>COMPLETE</promise>'
echo "${start/[.,]/} ${EPOCHREALTIME/[.,]/}" >>"$BENCH/stamps"
SH
agent short <<'SH'
yes 'a short line of output, as build tools print them by the thousand' | head -c 52428800
printf '\n<promise>COMPLETE</promise>\n'
SH
agent long <<'SH'
head -c 52428800 /dev/zero | tr '\0' x
printf '\n<promise>COMPLETE</promise>\n'
SH
agent seven <<'SH'
for i in 1 2 3 4 5 6 7; do head -c 7340032 /dev/zero | tr '\0' x; echo; done
printf '<promise>COMPLETE</promise>\n'
SH
agent ten <<'SH'
for i in 1 2 3 4 5; do head -c 10485760 /dev/zero | tr '\0' x; echo; done
printf '<promise>COMPLETE</promise>\n'
SH
agent stream <<'SH'
echo '{"type":"system","subtype":"init","session_id":"s","model":"m"}'
text=$(head -c 900 /dev/zero | tr '\0' x)
yes '{"type":"assistant","message":{"id":"m1","role":"assistant","content":[{"type":"text","text":"'"$text"'"}],"usage":{"input_tokens":1,"output_tokens":1}},"session_id":"s"}' | head -n 50000
echo '{"type":"result","subtype":"success","is_error":false,"result":"done\n<promise>COMPLETE</promise>","session_id":"s","total_cost_usd":0.01,"usage":{"input_tokens":1,"output_tokens":1}}'
SH
# A gate that reads the peak memory of the run and of its supervisor, its ancestors.
agent memory <<'SH'
pid=$$ largest=0 sum=0
while [ "${pid:-0}" -gt 1 ]; do
  own=0 parent=0
  while read -r key value _; do
    case $key in PPid:) parent=$value ;; VmHWM:) own=$value ;; esac
  done <"/proc/$pid/status"
  if [ "/proc/$pid/exe" -ef "$TASKRUN" ]; then
    sum=$((sum + own)); [ "$own" -le "$largest" ] || largest=$own
  fi
  pid=$parent
done
echo "$largest $sum" >"$BENCH/memory.out"
SH

# ---- 1. starting ----
times=$(pick 20 50)
version_ours() { for ((k = 0; k < times; k++)); do "$taskrun" --version; done; }
version_hello() { for ((k = 0; k < times; k++)); do "$scratch/hello.bin" --version; done; }
head_ "starting" taskrun hello ratio
pair "$(pick 9 21)" version_ours version_hello
row "--version (against a clap hello world)" "$(ms $((A / times)))" "$(ms $((B / times)))" "$(ratio "$A" "$B")" "<= 1.5"

# ---- 1b. what a large repository is built on ----
# 200 packages with 50,000 files, each fifth one a site, and what they depend on beside, which git does not list.
large=$scratch/large
mkdir -p "$large/node_modules/"{0..199}"/lib" && touch "$large/node_modules/"{0..199}"/lib/"{0..49}.js
for ((k = 0; k < 200; k++)); do
  mkdir -p "$large/packages/p$k/src/"{a,b,c} && touch "$large/packages/p$k/src/"{a,b,c}/{0..82}.ts
  if ((k % 5)); then echo '{"scripts":{"build":"tsc"}}'; else echo '{"scripts":{"dev":"vite"},"dependencies":{"vite":"7"}}'; fi \
    >"$large/packages/p$k/package.json"
done
echo '{"workspaces":["packages/**"],"scripts":{"dev":"turbo run dev"}}' >"$large/package.json"
echo node_modules >"$large/.gitignore"
(cd "$large" && git init -q && git add -A)
detect_ours() { "$taskrun" -q stack detect "$large"; }
detect_git() { git -C "$large" ls-files; }
[ "$(detect_ours | grep -c ': vite :5173$')" -eq 40 ] || die "not every site was found"
head_ "a repository of 50,000 files" taskrun "git ls-files" ratio
pair "$(pick 9 21)" detect_ours detect_git
row "stack detect" "$(ms "$A")" "$(ms "$B")" "$(ratio "$A" "$B")" "<= 3"
rm -rf "$large"

# ---- 2. and 3. between two agent runs ----
gaps() { local end= s e; while read -r s e; do [ -z "$end" ] || echo $((s - end)); end=$e; done <"$scratch/stamps"; }
# Many short rounds, so that what else the machine does falls on both sides alike.
turns=$(pick 10 25)
run() { # DIR ARGS…
  local dir=$1; shift
  "$taskrun" -q -C "$dir" loop run --max-iterations "$turns" "$@" >/dev/null 2>"$scratch/stderr" || {
    [ $? = 3 ] || { cat "$scratch/stderr" >&2; die "loop run $*"; }; }
}
bare() { # DIR AGENT COMMIT
  (cd "$1" && for ((k = 0; k < turns; k++)); do
    "$scratch/$2" <"$scratch/prompt.md" >"$scratch/out" 2>"$scratch/err"
    if [ "$3" ]; then git add -A && git commit -qm "task $k"; fi
  done)
}
one_commit_each() { # DIR: each task's own file and the store, nothing else, nothing left over
  local each
  each=$(git -C "$1" log --format=%x2b --name-only -n "$turns" | tr '\n' ' ')
  [ "$(grep -o '+  \.beads/issues.jsonl file-[0-9.,]* ' <<<"$each" | wc -l)" -eq "$turns" ] || die "commits are wrong: $each"
  [ -z "$(git -C "$1" status --porcelain)" ] || die "something was not committed"
}
against_shell() { # ROUNDS AGENT COMMIT RUN-ARGS…: A and B, medians of the gaps
  local rounds=$1 agent=$2 commit=$3 round; shift 3
  : >"$scratch/a"; : >"$scratch/b"
  for ((round = 0; round < rounds; round++)); do
    tasks "$turns" "$scratch/ours"; tasks "$turns" "$scratch/theirs"
    "$taskrun" -C "$scratch/ours" loop run --print-prompt --agent "$agent" >"$scratch/prompt.md"
    : >"$scratch/stamps"; run "$scratch/ours" --agent "$agent" "$@"
    [ "$(wc -l <"$scratch/stamps")" -eq "$turns" ] || die "not every task was worked"
    gaps >>"$scratch/a"
    [ -z "$commit" ] || one_commit_each "$scratch/ours"
    : >"$scratch/stamps"; bare "$scratch/theirs" "$agent" "$commit"; gaps >>"$scratch/b"
    rm -rf "$scratch/ours" "$scratch/theirs"
  done
  A=$(median <"$scratch/a") B=$(median <"$scratch/b")
}
head_ "from one agent's end to the next one's start" taskrun "shell loop" difference
rounds=$(pick 4 8)
against_shell "$rounds" stamp "" --no-commit --no-gates
without=$A
row "without commits, without gates" "$(ms "$A")" "$(ms "$B")" "+$(ms $((A - B)))" "<= +10 ms"
against_shell "$rounds" file 1 --no-gates
row "with commits (git add -A && git commit)" "$(ms "$A")" "$(ms "$B")" "$(ratio "$A" "$B") x" "<= 1.5 x"
with=$A

# ---- 4. memory ----
if [ -r /proc/self/status ]; then
  head_ "peak memory" largest "both, summed" ""
  remember() { # NAME TURNS TARGET AGENT
    tasks "$2" "$scratch/memory.d"
    turns=$2 run "$scratch/memory.d" --agent "$4" --no-gates --gate "$scratch/memory"
    read -r largest sum <"$scratch/memory.out" || die "no memory was read"
    row "$1" "$(mib "$largest")" "$(mib "$sum")" "" "$3"
    rm -rf "$scratch/memory.d" "$scratch/memory.out"
  }
  remember "20 iterations, with commits" 20 "<= 15 MiB" file
  remember "50 MB in short lines" 1 "<= 20 MiB" short
  remember "50 MB in one line" 1 "<= 20 MiB" long
  remember "50 MB in lines of 7 MB" 1 "<= 20 MiB" seven
  remember "50 MB in lines of 10 MB" 1 "<= 20 MiB" ten
  remember "50 MB of stream-json" 1 "<= 20 MiB" stream
else
  echo "peak memory: not read, there is no /proc here"
fi

# ---- 4b. reading agents' streams ----
# The recorded streams again and again, read for what they say (`budget show` reads what a killed run's agent
# had printed), and as a whole iteration that also tells, cleans and keeps them; `jq -c` reads and prints.
head_ "recorded streams, $(pick 16 64) MB, against \`jq -c\`" taskrun jq ratio
replay_jq() { jq -c . "$scratch/stream"; }
replay_read() { "$taskrun" -C "$scratch/replay" budget show; }
replay_whole() {
  cp "$scratch/replay.jsonl" "$scratch/replay/.beads/issues.jsonl"
  "$taskrun" -q -C "$scratch/replay" loop run --once --agent "re-$which" --no-gates --no-commit
}
for which in claude codex opencode gemini; do
  from=$root/tests/fixtures/agents/$which
  [ -d "$from" ] || continue
  # Whole lines of JSON only, so that jq can read them; the last stream is one that ends well.
  cat "$from"/*.ndjson | jq -cR 'fromjson? // empty' >"$scratch/once"
  for ((k = 0; k < $(pick 16 64) * 1000000 / $(wc -c <"$scratch/once"); k++)); do cat "$scratch/once"; done >"$scratch/stream"
  cat "$from/success.ndjson" >>"$scratch/stream"
  tasks 1 "$scratch/replay"
  cp "$scratch/replay/.beads/issues.jsonl" "$scratch/replay.jsonl"
  { printf '[agents.re-%s]\ncommand = ["cat", "%s"]\noutput = "%s"\n' $which "$scratch/stream" $which
    printf '[agents.hangs]\ncommand = ["sh", "-c", "cat %s; touch %s; exec sleep 600"]\noutput = "%s"\n' "$scratch/stream" "$scratch/printed" $which
  } >>"$scratch/replay/.taskrun/config.toml"
  "$taskrun" -q -C "$scratch/replay" loop run --once --agent hangs --no-gates --no-commit & run=$!
  until [ -e "$scratch/printed" ]; do sleep 0.05; done
  kill -KILL $run; wait $run 2>/dev/null || true
  rm "$scratch/printed"
  pair "$(pick 1 5)" replay_read replay_jq
  row "$which, read" "$(ms "$A")" "$(ms "$B")" "$(ratio "$B" "$A") x" ">= 5 x as fast"
  pair "$(pick 1 5)" replay_whole replay_jq
  row "$which, a whole iteration" "$(ms "$A")" "$(ms "$B")" "$(ratio "$B" "$A") x" ""
  rm -rf "$scratch/replay"
done
rm -f "$scratch/stream" "$scratch/once"

# ---- 5. the task store ----
"$root/tests/bench-beads.sh" ${short:+--short}

# ---- 5b. the queue ----
"$root/tests/bench-macp.sh" ${short:+--short}

# ---- 5c. lists of missions and skills ----
echo
"$root/tests/bench-mission.sh" ${short:+--short}

sizes=(100 10000); [ "$short" ] || sizes+=(100000)
for n in "${sizes[@]}"; do store "$n" "$scratch/store-$n"; done

# ---- 6. how one iteration grows ----
head_ "from one agent to the next, in a store of" here "a small one" ratio
turns=$(pick 5 15)
iteration() { # NAME DIR
  : >"$scratch/stamps"; run "$2" --agent stamp --no-gates --no-commit; A=$(gaps | median)
  row "$1, without commits" "$(ms "$A")" "$(ms "$without")" "$(ratio "$A" "$without")" ""
  : >"$scratch/stamps"; run "$2" --agent file --no-gates; A=$(gaps | median)
  row "$1, with commits" "$(ms "$A")" "$(ms "$with")" "$(ratio "$A" "$with")" ""
}
for n in "${sizes[@]}"; do settle "$scratch/store-$n"; iteration "$n issues" "$scratch/store-$n"; done
tasks 50 "$scratch/past"
turns=1 run "$scratch/past" --agent stamp --no-gates --no-commit
line=$(cat "$scratch/past/.taskrun/receipts.ndjson")
jq -nc --argjson line "$line" 'range(10000) | $line + {task: "old-\(. % 3000)", iteration: .}' \
  >>"$scratch/past/.taskrun/receipts.ndjson"
iteration "50 tasks, 10000 receipts" "$scratch/past"
nothing() { "$taskrun" -q -C "$scratch/$1" loop run --agent stamp --label none --no-gates --no-commit; }
nothing_past() { nothing past; }
nothing_new() { nothing new; }
tasks 50 "$scratch/new"
pair "$(pick 5 15)" nothing_past nothing_new
row "a run that finds nothing: 10000 receipts, none" "$(ms "$A")" "$(ms "$B")" "$(ratio "$A" "$B")" ""
