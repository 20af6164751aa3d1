#!/usr/bin/env bash
# Runs reasm-spark.py on a master and two workers on this machine, and loses one of them in the middle: spark.sh REASM FOLDER
#
# PYTHON names a python3 that has PySpark. All processes have ports and folders of this test, and are ended by their ids.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
program=$(realpath "$1")
folder=$(realpath -m "$2")
python=$(command -v "${PYTHON:-python3}" | xargs -r realpath -s)
. Tests/Cluster/machines.sh
skip() {
  echo "Spark was not tested: $*"
  exit 0
}
command -v java > /dev/null || skip "java is not installed (Debian: default-jre-headless)"
"$python" -c 'import pyspark' 2> /dev/null || skip "$python has no pyspark (pip install pyspark, in a virtual environment)"
spark=$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
export SPARK_LOCAL_IP=127.0.0.1 SPARK_HOME=$spark PYSPARK_PYTHON PYSPARK_DRIVER_PYTHON
PYSPARK_PYTHON=$python
PYSPARK_DRIVER_PYTHON=$python

trap close_cluster EXIT

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
class() { exec "$spark/bin/spark-class" "org.apache.spark.deploy.$@"; }
class master.Master --host 127.0.0.1 --port "$port" --webui-port 0 > master.log 2>&1 &
daemons+=($!)
declare -A worker
for name in worker-a worker-b; do
  class worker.Worker --host 127.0.0.1 --webui-port 0 --cores 1 --memory 600m --work-dir "$folder/$name" "spark://127.0.0.1:$port" > $name.log 2>&1 &
  worker[$name]=$!
  daemons+=($!)
done
both_are_registered() { [ "$(grep -c "Registering worker" master.log)" = 2 ]; }
within 60 both_are_registered

prepare_run

submit() {
  REASM=$folder/reasm "$spark/bin/spark-submit" --master "spark://127.0.0.1:$port" --executor-memory 512m --conf spark.ui.enabled=false \
    "$here/Sources/Cluster/reasm-spark.py" "$@"
}
submit -n 8 -o out "${run[@]}" > driver.log 2>&1 &
driver=$!
daemons+=($driver)
within 120 test -s stalled

# The machine of shard 3 is lost: the worker, its executor and what runs there.
read -r script child < stalled
lost=() process=$script
while [ "$process" != 1 ] && [ "$process" != "${worker[worker-a]}" ] && [ "$process" != "${worker[worker-b]}" ]; do
  lost+=("$process")
  process=$(parent "$process")
done
[ "$process" != 1 ] || fail "process $script belongs to no worker: ${lost[*]}"
kill -KILL "$process" "${lost[@]}" "$child"
echo "worker $process with shard 3 is killed, its executor and reasm $child too"
status=0
wait $driver || status=$?
[ $status = 0 ] || fail "the driver ended with status $status"
grep "8 shards merged" driver.log || fail "the driver merged nothing"
diff -r one out || fail "the folder differs from that of one run"
echo "Spark $("$python" -c 'import pyspark; print(pyspark.__version__)'): 8 shards on two workers, one of them lost; $(find one -type f | wc -l) files do not differ"

status=0
submit -n 2 -o other "${run[@]}" --console > driver.log 2>&1 || status=$?
[ $status = 64 ] && grep -q -e "--console prints conversations" driver.log && [ ! -e other ] || fail "options that shards refuse: status $status"
