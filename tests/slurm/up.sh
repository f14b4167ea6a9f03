#!/usr/bin/env bash
# A Slurm cluster of several nodes on this one machine, for the tests: munged, slurmctld and one slurmd per node, all
# of their files in one directory, nothing of the system's own configuration read or written.
#
#   tests/slurm/up.sh DIR            brings it up; `eval` what it prints to use it
#   tests/slurm/up.sh --install DIR  the same, having installed Slurm with apt-get where it is missing
#   tests/slurm/up.sh --down DIR     ends what was started, by its recorded ids, and removes DIR
#
# Exit: 0 up, 1 it did not come up, 77 it cannot be done here (and why, on stderr).
set -euo pipefail
here=$(basename "$0")
nodes=${TASKRUN_SLURM_NODES:-4}
port=${TASKRUN_SLURM_PORT:-17300}
daemons=(munged slurmctld slurmd)

cannot() { echo "$here: $*" >&2; exit 77; }

# Whether the daemon that wrote this pid file is still there; its pid is left in $pid.
runs() {
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] &&
    ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null
}

end() {
  runs "$1" "$2" || return 0
  kill -TERM "$pid"
  for _ in {1..50}; do runs "$1" "$2" || return 0; sleep 0.1; done
  kill -KILL "$pid"
}

down() {
  dir=$1
  [ -f "$dir/slurm.conf" ] || return 0
  export SLURM_CONF=$dir/slurm.conf
  if runs "$dir/pid/slurmctld" slurmctld; then
    timeout 5 scancel --user "$(id -un)" 2>/dev/null || true
    for _ in {1..25}; do [ -z "$(timeout 5 squeue -h 2>/dev/null)" ] && break; sleep 0.2; done
  fi
  for file in "$dir"/pid/slurmd.*; do end "$file" slurmd; done
  end "$dir/pid/slurmctld" slurmctld
  end "$dir/pid/munged" munged
  rm -rf "$dir"
}

install=
case ${1-} in
  --down) [ $# = 2 ] || { echo "usage: $here --down DIR" >&2; exit 2; }; down "$2"; exit ;;
  --install) install=1; shift ;;
esac
[ $# = 1 ] || { echo "usage: $here [--install | --down] DIR" >&2; exit 2; }
dir=$1

missing=()
for tool in "${daemons[@]}" srun scancel squeue scontrol sinfo; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if [ ${#missing[@]} -gt 0 ] && [ -n "$install" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update && DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge; } >&2 ||
    cannot "apt-get could not install Slurm"
  missing=()
fi
[ ${#missing[@]} = 0 ] || cannot "Slurm is not installed (no ${missing[*]})"
[ "$(uname -s)" = Linux ] || cannot "Slurm's daemons run on Linux only"
# slurmd starts other users' work, and refuses to be anybody else.
[ "$(id -u)" = 0 ] || cannot "slurmd must be started by root"

mkdir -p "$dir"/{pid,log,state,spool,munge}
chmod 755 "$dir"
chmod 700 "$dir/munge"
dir=$(cd "$dir" && pwd)
host=$(hostname -s)
export SLURM_CONF=$dir/slurm.conf
# What is asked of it beside nodes: a node that dies is missed within seconds, and a launch whose srun was killed is
# ended by itself after a while.
cat >"$SLURM_CONF" <<CONF
ClusterName=taskruntests
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/pid/slurmctld
SlurmdPidFile=$dir/pid/slurmd.%n
SlurmctldLogFile=$dir/log/slurmctld
SlurmdLogFile=$dir/log/slurmd.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
SlurmdParameters=config_overrides
EnforcePartLimits=ALL
ReturnToService=2
KillWait=2
SlurmdTimeout=5
InactiveLimit=30
MessageTimeout=5
NodeName=n[1-$nodes] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + nodes))] CPUs=2 RealMemory=100
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF

if ! runs "$dir/pid/munged" munged; then
  head -c 128 /dev/urandom >"$dir/munge/key"
  chmod 600 "$dir/munge/key"
  # It distrusts directories that others may write to, such as the one above a temporary one.
  munged --force --socket="$dir/munge/socket" --key-file="$dir/munge/key" --seed-file="$dir/munge/seed" \
    --pid-file="$dir/pid/munged" --log-file="$dir/log/munged" >&2
fi
runs "$dir/pid/slurmctld" slurmctld || slurmctld -c >&2
for ((i = 1; i <= nodes; i++)); do
  mkdir -p "$dir/spool/n$i"
  runs "$dir/pid/slurmd.n$i" slurmd || slurmd -N "n$i" >&2
done

for _ in {1..150}; do
  up=$(sinfo -h -N -o '%t' 2>/dev/null | grep -cE '^(idle|mix|alloc)$' || true)
  if [ "$up" = "$nodes" ]; then
    printf 'export SLURM_CONF=%q TASKRUN_SLURM=%q\n' "$SLURM_CONF" "$dir"
    exit
  fi
  sleep 0.2
done
echo "$here: the nodes are not up after 30s" >&2
{ sinfo -N; tail -n 5 "$dir"/log/*; } >&2 || true
exit 1
