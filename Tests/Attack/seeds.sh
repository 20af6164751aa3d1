#!/bin/sh
# No output depends on the seed of a process: Tests/Attack/seeds.sh REASM FOLDER PROCESSES [OPTION...]
#
# Runs the binary on every capture of a folder in so many processes, each of which draws its own seed, with the further options. Fails where
# two of them differ in a byte of what they write or say, and where one does not end with exit status 0.
set -u
reasm=$1
folder=$2
processes=$3
shift 3
case $reasm in */*) reasm=$(cd "$(dirname "$reasm")" && pwd)/$(basename "$reasm") ;; esac
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac

place=$(mktemp -d) || exit 2
trap 'rm -rf "$place"' EXIT
cd "$place" || exit 2
bad=0
captures=0
for capture in "$folder"/*.pcap "$folder"/*.pcapng; do
  [ -e "$capture" ] || continue
  captures=$((captures + 1))
  number=0
  while [ "$number" -lt "$processes" ]; do
    number=$((number + 1))
    rm -rf again
    mkdir again
    (cd again && exec "$reasm" -r "$capture" -o out "$@" > said 2>&1 < /dev/null)
    status=$?
    if [ "$status" -ne 0 ]; then
      echo "$(basename "$capture"): process $number of $processes ended with status $status"
      tail -n 3 again/said
      bad=1
      break
    fi
    if [ "$number" -eq 1 ]; then
      rm -rf first
      mv again first
    elif ! diff -r first again > differences 2>&1; then
      echo "$(basename "$capture"): process $number of $processes differs from the first one"
      head -n 5 differences
      bad=1
      break
    fi
  done
done
if [ "$captures" -eq 0 ]; then
  echo "$folder: no captures"
  exit 1
fi
[ "$bad" -eq 0 ] && echo "$captures captures, $processes processes each: no difference"
exit "$bad"
