# Parts of the tests that run a cluster on this machine: slurm.sh and spark.sh read this file, after they set here, program and folder.

fail() {
  echo "Tests/Cluster/$(basename "$0"): $*" >&2
  for log in "$folder"/*.log; do [ ! -e "$log" ] || tail -n 5 "$log" >&2; done
  exit 1
}

# Waits until a command succeeds.
within() {
  local seconds=$1
  shift
  for ((part = 0; part < seconds * 10; part++)); do
    ! "$@" > /dev/null 2>&1 || return 0
    sleep 0.1
  done
  fail "not within $seconds s: $*"
}

parent() { awk '/^PPid/ { print $2 }' "/proc/$1/status"; }

# Processes that end with the test.
daemons=()
close_cluster() {
  for daemon in "${daemons[@]}"; do kill "$daemon" 2> /dev/null || true; done
  [ ! -e "$folder/stalled" ] || kill -KILL $(cat "$folder/stalled") 2> /dev/null || true
  wait
}

# Makes the captures, one run over them in "one", and "reasm", whose first attempt at shard 3 stops in the middle.
prepare_run() {
  # 2 000 connections, with the packets of each in another order of files.
  "$here/Tests/Cluster/captures.py" captures 2000
  ln -s "$program" program
  cp "$here/Tests/Cluster/StandIns/stalled-reasm" reasm
  run=(-r captures --chunks -T "%A/%a.%N")
  "$program" -q -o one "${run[@]}"
}
