#!/usr/bin/env bash
# Runs the scripts of Sources/Cluster without a cluster, and compares what they make with one run: check.sh REASM FOLDER
#
# PYTHON names another python3 than that of the PATH, with yaml and kubernetes_validate.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
export REASM CLUSTER PATH PYTHONPATH=$here/Tests/Cluster/StandIns PYTHONDONTWRITEBYTECODE=1
REASM=$(realpath "$1")
folder=$(realpath -m "$2")
python=$(command -v "${PYTHON:-python3}" | xargs -r realpath -s || true)
slurm=$here/Sources/Cluster/reasm-slurm
spark=$here/Sources/Cluster/reasm-spark.py
PATH=$here/Tests/Cluster/StandIns:$PATH
CLUSTER=$folder/cluster
fail() {
  echo "Tests/Cluster/check.sh: $*" >&2
  exit 1
}

rm -rf "$folder"
mkdir -p "$folder/the captures"
for case in Fixtures/http-*/; do cp "$case/input.pcap" "$folder/the captures/$(basename "$case").pcap"; done
cd "$folder"
run=(-r "the captures" --http -T "%A/a %N" tcp "port 8080 or port 80")
"$REASM" -q -o one "${run[@]}"
[ "$(wc -l < one/connections.ndjson)" -gt 40 ] || fail "the captures have few connections"

# Runs a command that must end with a status, and say words on standard error that fit a pattern.
expect() {
  local wanted=$1 pattern=$2 status=0
  shift 2
  said=$("$@" 2>&1 > "$folder/said") || status=$?
  [ $status = "$wanted" ] || fail "$*: status $status instead of $wanted: $said"
  [[ $said == $pattern ]] || fail "$*: said \"$said\" instead of $pattern"
}
new_cluster() {
  rm -rf "$CLUSTER" out*
  mkdir "$CLUSTER"
}
same() { diff -r one "${1:-out}" || fail "the folder differs from that of one run: $2"; }
arrays() { grep -o -- '--array=[^ ]*' "$CLUSTER/calls" | cut -d= -f2 | tr '\n' ' '; }

# Slurm: all shards at once; options go to sbatch, and names with spaces through all hands.
new_cluster
expect 0 "" "$slurm" -n 5 -o "out of five" -s --partition=short -s "--comment=a b" "${run[@]}"
[ "$(cat said)" = "job 1 makes the shards 0-4 of 5
job 2 merges them in out of five" ] || fail "$(cat said)"
same "out of five" "five shards"
[ "$(grep -c -- "--partition=short --comment=a b" "$CLUSTER/calls")" = 2 ] || fail "the options of sbatch are missing"
grep -q -- "--dependency=afterany:1\b" "$CLUSTER/calls" || fail "the merge does not wait for the shards"
expect 1 "reasm-slurm: out of five: the folder has other files than shards; name a new one with -o" "$slurm" -n 5 -o "out of five" "${run[@]}"

# Lost tasks are submitted again, until there were so many rounds.
new_cluster
printf '%s\n' 1 3 4 4 > "$CLUSTER/lost"
expect 0 "" "$slurm" -n 6 -o out "${run[@]}"
[ "$(arrays)" = "0-5 1,3-4 4 " ] || fail "these arrays were submitted: $(arrays)"
same out "lost tasks"
new_cluster
printf '%s\n' 0 2 2 2 > "$CLUSTER/lost"
expect 0 "" "$slurm" -n 3 -o out -t 2 "${run[@]}"
[ "$(head -n 1 "$CLUSTER/statuses") $(arrays)" = "1 0-2 0,2 " ] || fail "these arrays were submitted: $(arrays)"
grep -q "the shards 2 of 3 are missing" "$CLUSTER"/output-* || fail "nothing says that a shard is missing"
expect 1 "reasm-slurm: jobs of out are in the queue: 7 8; *" eval 'printf "%s\n" 8 7 7 > "$CLUSTER/queue"; "$slurm" -n 3 -o out "${run[@]}"'
rm "$CLUSTER/queue"
expect 1 "reasm-slurm: reasm: out/shards/00000: made by another run: options.gaps *" "$slurm" -n 3 -o out --gaps skip "${run[@]}"
[ "$(arrays)" = "0-2 0,2 " ] || fail "jobs were submitted in spite of a refusal"
expect 0 "" "$slurm" -n 3 -o out "${run[@]}"
same out "the command again"

# A merge that was interrupted is continued, and a closed cluster is told.
new_cluster
for shard in 0 1 2; do "$REASM" -q -o out --shard $shard/3 "${run[@]}"; done
! (ulimit -f 4 && "$REASM" merge out 2>&1 | cat > "$CLUSTER/merge"; exit "${PIPESTATUS[0]}") || fail "the merge was not interrupted"
[ -e out/.reasm-run ] || fail "the merge was not interrupted: $(cat "$CLUSTER/merge")"
cp out/.reasm-run "$CLUSTER/marker"
touch "$CLUSTER/closed"
expect 1 "sbatch: error: the cluster is closed*the merge could not be submitted" "$slurm" -n 3 -o out "${run[@]}"
rm "$CLUSTER/closed"
expect 0 "" "$slurm" -n 3 -o out "${run[@]}"
[ "$(arrays)" = "" ] || fail "a merge that was interrupted needs no shards: $(arrays)"
same out "a merge that was interrupted"
cp "$CLUSTER/marker" out/.reasm-run
mkdir -p out/shards/00001
expect 0 "" "$slurm" -n 3 -o out "${run[@]}"
[ "$(arrays)" = "" ] || fail "a merge that was interrupted when it removed the shards needs none: $(arrays)"
same out "a merge that was interrupted when it removed the shards"

# The status of the merge is that of the run; a capture that is cut off makes whole shards.
new_cluster
head -c -5 "the captures/http-ipv4.pcap" > cut.pcap
expect 0 "" "$slurm" -n 2 -o out -r cut.pcap
[ "$(head -n 1 "$CLUSTER/statuses") $(arrays)" = "2 0-1 " ] || fail "status $(head -n 1 "$CLUSTER/statuses"), arrays $(arrays)"
[ ! -e "$CLUSTER/failed" ] || fail "these tasks failed: $(cat "$CLUSTER/failed")"
expect 1 "*shard 0 was not made: status 1" env SLURM_ARRAY_TASK_ID=0 "$slurm" --shard-job -n 2 -o none -r no-such.pcap

# What shards refuse is refused in their words before anything is submitted; so is wrong usage.
new_cluster
refused() {
  local status=$1 pattern=$2
  shift 2
  expect "$status" "$pattern" "$slurm" "$@"
  [ ! -e "$CLUSTER/calls" ] && [ ! -e out ] || fail "$*: something was made in spite of the refusal"
}
refused 64 "*--console prints conversations*" -n 2 -o out -r cut.pcap --console
refused 64 "*--follow waits for packets*" -n 2 -o out -r cut.pcap --follow
refused 64 "*-i captures once*" -n 2 -o out -i lo
refused 64 "*needs files*" -n 2 -o out -r -
refused 64 "*say which capture to read*" -n 2 -o out
refused 64 "*is given twice, 'out' and 'other'*" -n 2 -o out -r cut.pcap -o other
refused 64 "*unknown option '--nothing'*" -n 2 -o out -r cut.pcap --nothing
refused 1 "reasm-slurm: reasm: no-such.pcap: no such file*" -n 2 -o out -r no-such.pcap
refused 1 "*no-such-keys*No such file*" -n 2 -o out -r cut.pcap --keylog no-such-keys
refused 64 "*-n 0: there must be 1 to 100000 shards" -n 0 -o out -r cut.pcap
refused 64 "*-n x: there must be*" -n x -o out -r cut.pcap
refused 64 "*at most 100000 shards*" -n 100001 -o out -r cut.pcap
refused 64 "*-t 0: 1 to 999 rounds*" -n 2 -o out -t 0 -r cut.pcap
refused 64 "*name the output folder*" -n 2 -r cut.pcap -o out
refused 64 "*say how many shards*" -o out -r cut.pcap
refused 64 "*-n needs a value*" -o out -n
expect 0 "" "$slurm" --help
grep -q "^usage: reasm-slurm" said || fail "the help is none"

[ -n "$python" ] || {
  echo "python3 is not installed: Sources/Cluster for Spark and Kubernetes was not run"
  exit
}

# Spark: the tasks run in folders of workers.
new_cluster
run_spark=("$python" "$spark")
expect 0 "reasm: 4 shards merged: *" "${run_spark[@]}" -n 4 -o out "${run[@]}"
same out "Spark"
expect 1 "*the directory has other files than shards*" "${run_spark[@]}" -n 4 -o out "${run[@]}"
rm -rf out
expect 64 "reasm: --console prints conversations*" "${run_spark[@]}" -n 2 -o out -r cut.pcap --console
expect 64 "reasm: *a shard is a number*" "${run_spark[@]}" -n x -o out -r cut.pcap
expect 64 "*usage: spark-submit*" "${run_spark[@]}" -o out -n 2 -r cut.pcap
[ ! -e out ] || fail "something was made in spite of the refusal"
expect 2 "*2 shards merged*" "${run_spark[@]}" -n 2 -o out -r cut.pcap

# Kubernetes: the commands of the manifest, as a node runs them.
if "$python" -c 'import yaml' 2> /dev/null; then
  "$python" "$here/Tests/Cluster/kubernetes.py" "$here/Sources/Cluster/reasm-kubernetes.yaml" "$REASM" "$folder"
else
  echo "$python has no yaml: the manifest of Kubernetes was not read"
fi
echo "Sources/Cluster: Slurm, Spark and Kubernetes without a cluster"
