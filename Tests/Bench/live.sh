#!/bin/sh
# Loss of a live capture against tcpdump: live.sh REASM CAPTURE [BUFFER_MIB]; as root, with ip, tcpdump and tcpreplay.
#
# tcpreplay floods a pair of interfaces between two network namespaces. The highest rate at which tcpdump -w loses nothing is found by
# bisection. Then both programs capture at that rate, in turn and one at a time, with the same buffer; reasm writes files and an index.
set -eu
reasm=$(realpath "$1")
capture=$(realpath "$2")
buffer=${3:-64}
runs=${RUNS:-5}
here=reasm-bench-$$-a
there=reasm-bench-$$-b
folder=$(mktemp -d /dev/shm/reasm-live.XXXXXX)
trap 'ip netns del "$here" 2> /dev/null; ip netns del "$there" 2> /dev/null; rm -rf "$folder"' EXIT
ip netns add "$here"
ip netns add "$there"
ip -n "$here" link add wire mtu 9000 type veth peer name wire mtu 9000 netns "$there"
for side in "$here" "$there"; do
  # What the kernel sends by itself would be captured too.
  ip netns exec "$side" sysctl -q -w net.ipv6.conf.wire.disable_ipv6=1
  ip -n "$side" link set wire arp off up
done

# Floods the interfaces at $1 Mbit/s, 0 for all that goes; sets `sent` and `reached`, the rate in Mbit/s.
flood() {
  rate="-M $1"
  [ "$1" = 0 ] && rate=-t
  # shellcheck disable=SC2086
  ip netns exec "$here" tcpreplay -q -K -i wire $rate "$capture" > "$folder/replay" 2>&1
  sent=$(awk '/Successful packets/ { print $3 }' "$folder/replay")
  reached=$(awk '/^Rated/ { sub(/,/, "", $4); print int($4) }' "$folder/replay")
}

# Captures a flood with $1 (tcpdump or reasm) at $2 Mbit/s; sets `lost`.
lose() {
  rm -rf "$folder/out"
  if [ "$1" = tcpdump ]; then
    ip netns exec "$there" tcpdump -n -i wire -B $((buffer * 1024)) -s 0 -w "$folder/out" 2> "$folder/words" &
    ready='listening on'
  else
    ip netns exec "$there" "$reasm" -i wire -B "${buffer}M" -o "$folder/out" 2> "$folder/words" &
    ready='capturing on'
  fi
  until grep -q "$ready" "$folder/words"; do sleep 0.05; done
  flood "$2"
  sleep 1
  kill -INT $!
  wait $! || true
  if [ "$1" = tcpdump ]; then
    seen=$(awk '/packets? captured/ { print $1 }' "$folder/words")
  else
    seen=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["packets"])' "$folder/out/run.json")
  fi
  lost=$((sent - seen))
}

lose tcpdump 0
echo "tcpdump at top speed, $reached Mbit/s: $lost of $sent packets lost"
low=0
high=$reached
[ "$lost" = 0 ] && low=$reached
while [ $((high - low)) -gt 50 ]; do
  middle=$(((low + high) / 2))
  lose tcpdump $middle
  if [ "$lost" = 0 ]; then low=$middle; else high=$middle; fi
done
[ "$low" = 0 ] && { echo "tcpdump loses packets at every rate" >&2; exit 1; }
echo "tcpdump loses nothing up to $low Mbit/s"
worse=0
for run in $(seq "$runs"); do
  lose tcpdump $low
  other=$lost
  lose reasm $low
  echo "run $run at $low Mbit/s, of $sent packets: tcpdump lost $other, reasm $lost"
  [ "$lost" -le "$other" ] || worse=$((worse + 1))
done
lose reasm 0
echo "reasm at top speed, $reached Mbit/s: $lost of $sent packets lost"
echo "reasm lost more than tcpdump in $worse of $runs runs"
[ "$worse" -le $((runs / 2)) ]
