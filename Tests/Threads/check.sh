#!/bin/sh
# No data races between the threads of a run: Tests/Threads/check.sh REASM FOLDER CAPTURE ...
#
# REASM is built with ThreadSanitizer, which makes the exit status 66 after a report. Each capture is read with two writers and the thread
# that has the bodies of HTTP, and with the thread that has the lines of the index; with one processor there are no threads, and nothing is
# shown. A race shows in some of the runs only, so each capture is read RUNS times.
set -eu
reasm=$1
folder=$2
shift 2
runs=${RUNS:-3}
here=$(dirname "$0")
test "$(nproc)" -gt 1 || { echo "one processor: nothing is checked"; exit 0; }

failed=0

# Reads CAPTURE with options: read_once CAPTURE OPTION ...
read_once() {
  capture=$1
  shift
  rm -rf "$folder"
  status=0
  # A capture may be cut off, or hold nothing: only a report matters.
  TSAN_OPTIONS="exitcode=66 suppressions=$here/suppressions.txt" "$reasm" -q -r "$capture" -o "$folder" "$@" 2> "$folder.log" || status=$?
  if test "$status" = 66; then
    failed=1
    echo "$capture: $*"
    cat "$folder.log"
  fi
}

for capture; do
  keys=$(dirname "$capture")/keys
  test -f "$keys" && keys="--keylog $keys" || keys=
  for run in $(seq "$runs"); do
    # shellcheck disable=SC2086
    read_once "$capture" --http --http-parts --har --hash --chunks --writers 2 $keys
    read_once "$capture" --tar "$folder/streams.tar" --hash --chunks
    read_once "$capture" --no-streams
  done
done
rm -rf "$folder" "$folder.log"
exit $failed
