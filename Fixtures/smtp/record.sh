#!/bin/sh
# Records input.pcap again: an SMTP dialogue.
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
/usr/bin/python3 -m aiosmtpd -n -l 127.0.0.1:8025 -c aiosmtpd.handlers.Sink &
server=$!
until ss -Htln 'sport = :8025' | grep -q .; do sleep 0.1; done
tcpdump -i lo --immediate-mode -B 65536 -U -w "$here/input.pcap" 'tcp port 8025' 2> "$work/log" &
dump=$!
until grep -qs 'listening on' "$work/log"; do sleep 0.1; done
{ printf 'From: a@example.org\r\nTo: b@example.org\r\nSubject: lines\r\n\r\n' && seq -f 'line %03g of the mail' 1 200; } > "$work/mail"
curl -sf --crlf --mail-from a@example.org --mail-rcpt b@example.org -T "$work/mail" smtp://127.0.0.1:8025/client.example.org
sleep 1
kill $dump
wait $dump || true
dump=
