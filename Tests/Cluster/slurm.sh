#!/usr/bin/env bash
# Runs reasm-slurm in a cluster of two nodes on this machine, and loses one of them in the middle: slurm.sh REASM FOLDER
#
# As root, with Debian's slurm-wlm and munge. All daemons have names, ports, keys and folders of this test, and are ended by their ids.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
program=$(realpath "$1")
folder=$(realpath -m "$2")
. Tests/Cluster/machines.sh
[ "$(id -u)" = 0 ] || fail "only root can start the daemons of Slurm"
for needed in sbatch slurmctld slurmd munged; do
  command -v $needed > /dev/null || fail "missing: $needed. On Debian and Ubuntu: apt-get install slurm-wlm munge"
done
rm -rf "$folder"
mkdir -p "$folder"/{state,reasm-a,reasm-b}
mkdir -m 700 "$folder/munge"

trap close_cluster EXIT

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
(umask 277 && head -c 1024 /dev/urandom > "$folder/munge/key")
cat > "$folder/slurm.conf" << END
ClusterName=reasm
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$(port)
SlurmUser=root
AuthInfo=socket=$folder/munge/socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
NodeName=reasm-a NodeHostname=localhost NodeAddr=127.0.0.1 Port=$(port) CPUs=2
NodeName=reasm-b NodeHostname=localhost NodeAddr=127.0.0.1 Port=$(port) CPUs=2
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$folder/slurm.conf
cd "$folder"
munged --foreground --force --key-file=munge/key --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" \
  --seed-file="$folder/munge/seed" > munge.out 2>&1 &
daemons+=($!)
within 10 test -S munge/socket
slurmctld -D > slurmctld.out 2>&1 &
daemons+=($!)
declare -A node
for name in reasm-a reasm-b; do
  slurmd -D -N $name > $name.out 2>&1 &
  node[$name]=$!
  daemons+=($!)
done
both_are_idle() { [ "$(sinfo --noheader --format=%T,%D)" = idle,2 ]; }
within 30 both_are_idle

prepare_run

export REASM=$folder/reasm
"$here/Sources/Cluster/reasm-slurm" -n 8 -o out -s --output=jobs-%j.log "${run[@]}"
within 60 test -s stalled
[ "$(ls -d out/shards/00003.tmp.* | wc -l)" = 1 ] || fail "shard 3 is not being made"
status=0
said=$("$here/Sources/Cluster/reasm-slurm" -n 8 -o out "${run[@]}" 2>&1) || status=$?
[[ $status = 1 && $said == *"are in the queue"* ]] || fail "given twice, the command said: $said"

# The node of shard 3 is lost: its daemon, the step of the task, and what runs in it.
task=$(squeue --noheader --array --states=RUNNING --format="%K %N %A" | awk '$1 == 3')
lost=$(awk '{ print $2 }' <<< "$task")
read -r script child < stalled
step=$script
while [ "$(cat "/proc/$step/comm")" != slurmstepd ]; do step=$(parent "$step"); done
[[ $(tr '\0' ' ' < "/proc/$step/cmdline") == *"[$(awk '{ print $3 }' <<< "$task").batch]"* ]] || fail "process $step is not the step of $task"
kill -KILL "${node[$lost]}" "$step" "$(parent "$script")" "$script" "$child"
echo "node $lost with shard 3 is killed: daemon ${node[$lost]}, step $step, reasm $child"
scontrol update NodeName="$lost" State=DOWN Reason="killed by a test"

# Slurm puts the task back into the queue, for a later time; the test does not wait so long.
requeued() { [ "$(squeue --noheader --array --states=PENDING --format=%K | grep -cx 3)" = 1 ]; }
within 30 requeued
scontrol update JobId="$(awk '{ print $3 }' <<< "$task")" StartTime=now
merged() { [ -e out/run.json ] && [ ! -e out/.reasm-run ]; }
within 120 merged
diff -r one out || fail "the folder differs from that of one run"
echo "Slurm: 8 shards on two nodes, one of them lost; $(find one -type f | wc -l) files do not differ"

# A task that ends without its shard is submitted again by the merge.
rm -r first stalled
mv out two
"$here/Sources/Cluster/reasm-slurm" -n 8 -o out -s --output=jobs-%j.log "${run[@]}"
within 60 test -s stalled
kill -KILL $(cat stalled)
within 120 merged
diff -r one out || fail "the folder differs from that of one run"
grep -h "makes the shards 3 of 8" jobs-*.log || fail "no job submitted shard 3 again"
echo "Slurm: shard 3 of 8 was killed and submitted again; no file differs"
