#!/bin/sh
# Records input.pcap again: a TLS session.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
chmod 755 "$work"
server=
dump=
cleanup() {
  kill $server $dump 2> /dev/null || true
  wait
  rm -rf "$work"
}
trap cleanup EXIT
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -keyout "$work/key" -out "$work/certificate" 2> /dev/null
openssl s_server -quiet -www -accept 127.0.0.1:8443 -key "$work/key" -cert "$work/certificate" > /dev/null 2>&1 &
server=$!
until ss -Htln 'sport = :8443' | grep -q .; do sleep 0.1; done
tcpdump -i lo --immediate-mode -B 65536 -U -w "$here/input.pcap" 'tcp port 8443' 2> "$work/log" &
dump=$!
until grep -qs 'listening on' "$work/log"; do sleep 0.1; done
printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -quiet -ign_eof -connect 127.0.0.1:8443 > "$work/page" 2> /dev/null || true
grep -q HTTP "$work/page"
sleep 1
kill $dump
wait $dump || true
dump=
