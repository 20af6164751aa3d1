#!/bin/sh
# Nothing is allocated per packet: Tests/Allocations/check.sh REASM ENGINE-COSTS FOLDER
#
# Runs the release binary under valgrind on N and on 2 N packets of one connection and compares how often it allocated: fewer than ten times
# more. Then once with an allocation planted for every packet, which must be seen.
set -eu
reasm=$1
costs=$2
folder=$3
here=$(dirname "$0")
few=2000
many=4000
allowed=10

rm -rf "$folder"
mkdir -p "$folder"
# Valgrind 3.19 cannot read the debug information of C files that clang compiles (DWARF 5), and needs none to count.
strip --strip-debug -o "$folder/reasm" "$reasm"
reasm=$folder/reasm
for order in ordered reordered body chunks; do
  "$costs" capture "$folder/$order-$few.pcap" $few $order
  "$costs" capture "$folder/$order-$many.pcap" $many $order
done

# Prints how often a run allocated.
allocations() {
  preload=$1
  capture=$2
  shift 2
  rm -rf "$folder/out"
  LD_PRELOAD=$preload valgrind --log-file="$folder/valgrind.log" "$reasm" -r "$capture" -o "$folder/out" -q "$@" 2> "$folder/messages" || {
    cat "$folder/messages" "$folder/valgrind.log" >&2
    return 1
  }
  sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' "$folder/valgrind.log" | tr -d ,
}

# Answers whether 2 N packets cost fewer than ten allocations more than N.
steady() {
  preload=$1
  order=$2
  shift 2
  less=$(allocations "$preload" "$folder/$order-$few.pcap" "$@")
  more=$(allocations "$preload" "$folder/$order-$many.pcap" "$@")
  test -n "$less" && test -n "$more"
  echo "$order $*: $less allocations for $few packets, $more for $many"
  test $((more - less)) -lt $allowed
}

for order in ordered reordered; do
  steady "" $order || { echo "something is allocated per packet"; exit 1; }
  steady "" $order --trace || { echo "something is allocated per packet in a trace"; exit 1; }
  steady "" $order -f tcp || { echo "something is allocated per packet behind a filter"; exit 1; }
done
for order in body chunks; do
  steady "" $order --http || { echo "something is allocated per packet of a body of HTTP"; exit 1; }
done
"${CC:-clang}" -shared -fPIC -O1 -o "$folder/planted.so" "$here/planted.c" -ldl
if steady "$folder/planted.so" ordered -f tcp; then
  echo "a planted allocation was not seen: the check is worth nothing"
  exit 1
fi
echo "the planted allocation was seen"
