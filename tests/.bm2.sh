#!/usr/bin/env bash
# The queue against what it has to be measured by: `macp drain --jobs 2` of `true` tasks, without and with one gate, flat
# and as layers (32 wide, each task waits for two), against the smallest program that keeps two of them in flight
# (posix_spawn and wait, nothing kept), and against `make -j2`; side by side and interleaved, with the growth from the
# smallest size and peak memory. Fails only when something did not run, never on a time.
#
#   tests/bench-macp.sh [--short]    up to 100k tasks, some minutes; up to 5k in half a minute with --short
#   TASKRUN=FILE tests/bench-macp.sh measures this binary
#
# Where other work shares the processors, look at the CPU columns: they are of all processes together.
# Needs bash 5, jq, git, coreutils and a Rust toolchain; CPU time and peak memory need GNU time.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
short=; [ "${1:-}" != --short ] || short=1
die() { echo "bench-macp: $*" >&2; exit 1; }
[ -n "${EPOCHREALTIME:-}" ] || die "needs bash 5"
for tool in jq git cargo rustc sort; do command -v "$tool" >/dev/null || die "needs $tool"; done
trap 'die "line $LINENO did not run: $BASH_COMMAND"' ERR
pick() { if [ "$short" ]; then echo "$1"; else echo "$2"; fi; }

# What is measured is built here, unless it is named.
if [ -z "${TASKRUN:-}" ]; then
  (cd "$root" && { cargo build --release --quiet --offline 2>/dev/null || cargo build --release --quiet; })
  TASKRUN=$(cd "$root" && cargo metadata --format-version 1 --no-deps --offline | jq -r .target_directory)/release/taskrun
fi
export TASKRUN
taskrun=$TASKRUN
# Memory for a disk where there is one: what is measured is the queue, not how a file system ages.
base=${TMPDIR:-/tmp}; [ ! -w /dev/shm ] || base=/dev/shm
scratch=$(mktemp -d "$base/taskrun-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/floor.rs" <<'RUST'
//! floor N PROGRAM ARG…: runs it N times, two at a time.
use std::process::{Command, Stdio};
unsafe extern "C" {
    fn wait(status: *mut i32) -> i32;
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let count: u64 = args[1].parse().unwrap();
    let (mut started, mut ended) = (0, 0);
    while ended < count {
        while started < count && started - ended < 2 {
            let mut command = Command::new(&args[2]);
            command.args(&args[3..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap();
            started += 1;
        }
        let mut status = 0;
        assert!(unsafe { wait(&mut status) } > 0 && status == 0);
        ended += 1;
    }
}
RUST
rustc --edition 2024 -O -o "$scratch/floor" "$scratch/floor.rs"

# The toolchain lies in the home that is left here.
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup} CARGO_HOME=${CARGO_HOME:-$HOME/.cargo}
export HOME=$scratch/user XDG_CONFIG_HOME=$scratch/user/.config GIT_CONFIG_NOSYSTEM=1
unset TASKRUN_WORKSPACE GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE TASK_RETRY_ATTEMPTS TASK_TIMEOUT_MS TASK_MAX_CONCURRENT
mkdir -p "$HOME"

# ---- measuring: times in microseconds ----
now() { local t=${EPOCHREALTIME/[.,]/}; REPLY=$t; }
median() { sort -n | { mapfile -t all; echo "${all[$((${#all[@]} / 2))]:-0}"; }; }
timed=(); [ ! -x /usr/bin/time ] || timed=(/usr/bin/time -f "%U %S %M" -o "$scratch/used")
took() { # NAME COMMAND…: notes its time, CPU time and peak memory under NAME
  local name=$1 start user=0 sys=0 peak=0; shift
  now; start=$REPLY
  "${timed[@]}" "$@" >/dev/null 2>"$scratch/stderr" || { cat "$scratch/stderr" >&2; die "failed: $*"; }
  now; echo $((REPLY - start)) >>"$scratch/$name.wall"
  [ ${#timed[@]} -eq 0 ] || read -r user sys peak < <(tail -n 1 "$scratch/used")
  user=${user/./} sys=${sys/./}
  echo $(((10#$user + 10#$sys) * 10000)) >>"$scratch/$name.cpu"
  echo "$peak" >>"$scratch/$name.peak"
}
ratio() { local r=$(($1 * 100 / ($2 > 0 ? $2 : 1))); printf '%d.%02d' $((r / 100)) $((r % 100)); }
mib() { printf '%d.%d MiB' $(($1 / 1024)) $(($1 % 1024 * 10 / 1024)); }
row() { printf '%-22s %7s %10s %9s %9s %9s %11s  %s\n' "$@"; }

tasks() { # N KIND
  jq -nc --argjson n "$1" --arg kind "$2" '{tasks: [range($n) | . as $i | ($i - $i % 32 - 32) as $above
    | {id: "t-\($i)", title: "Task number \($i)", status: "pending", dispatch: "exec"}
      + (if $kind == "command" then {command: "true"} else {argv: ["true"]} end)
      + (if $kind == "layers" and $i >= 32
         then {depends_on: [$above + $i * 7 % 32, $above + ($i * 7 + 5) % 32] | map("t-\(.)")} else {} end)
      + (if $kind == "gate" then {quality_gates: ["true"]} else {} end)]}'
}
drain() { # KIND N
  local dir=$scratch/queue
  rm -rf "$dir"; mkdir "$dir"
  cp "$scratch/$1.json" "$dir/tasks.json"
  (cd "$dir" && took "$1" "$taskrun" -q macp --dir "$dir" drain --jobs 2)
  [ "$(jq '[.tasks[] | select(.status == "completed")] | length' "$dir/tasks.json")" -eq "$2" ] || die "$1: not all is completed"
}
makes() { took make make -s -f "$scratch/Makefile" -j2; }

# ---- drain ----
mkdir "$scratch/repo"; git -C "$scratch/repo" init -q
sizes=(1000 5000); [ "$short" ] || sizes=(1000 10000 100000)
kinds=(flat layers command gate)
declare -A targets=([flat]="<= 1.30" [layers]="<= 1.30" [command]="" [gate]="<= 2.40") first=()
echo; row "drain --jobs 2" tasks "us each" "x floor" "CPU x" growth "peak" target
for n in "${sizes[@]}"; do
  rm -f "$scratch"/*.wall "$scratch"/*.cpu "$scratch"/*.peak
  some=("${kinds[@]}"); [ -z "$short" ] || [ "$n" = 1000 ] || some=(flat layers)
  for kind in "${some[@]}"; do tasks "$n" "$kind" >"$scratch/$kind.json"; done
  { echo 'all: \'; seq -f 't-%.0f \' 1 "$n"; echo; echo 't-%:; true'; } >"$scratch/Makefile"
  rounds=1; [ "$n" -gt 10000 ] || rounds=$(pick 1 3); [ "$n" != 1000 ] || rounds=$(pick 3 9)
  for ((round = 0; round < rounds; round++)); do
    took floor "$scratch/floor" "$n" true
    for kind in "${some[@]}"; do drain "$kind" "$n"; done
    command -v make >/dev/null && makes
  done
  for name in floor make "${some[@]}"; do
    [ -e "$scratch/$name.wall" ] || continue
    wall=$(median <"$scratch/$name.wall") cpu=$(median <"$scratch/$name.cpu") peak=$(sort -n "$scratch/$name.peak" | tail -n 1)
    [ "$name" != floor ] || floor=$wall floor_cpu=$cpu
    # In hundredths of the floor beside it, so that what else the machine does falls on both sides alike.
    share=$((wall * 10000 / floor)); first[$name]=${first[$name]:-$share}
    row "$name" "$n" "$((wall / n))" "$(ratio "$wall" "$floor")" "$(ratio "$cpu" "$floor_cpu")" \
      "$(ratio "$share" "${first[$name]}")" "$(mib "$peak")" "${targets[$name]:-}"
  done
done
echo "growth: what a task costs in floors, against $(printf '%s' "${sizes[0]}") tasks; <= 1.20. peak: the largest process; < 100 MiB"

# ---- what else belongs to the queue ----
for other in; do
  [ ! -x "$root/tests/bench-macp-$other.sh" ] || "$root/tests/bench-macp-$other.sh" ${short:+--short}
done
