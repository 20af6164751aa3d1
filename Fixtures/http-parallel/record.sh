#!/bin/sh
# Records input.pcap again: fifty downloads at once.
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
cat > "$work/nginx.conf" << CONF
daemon off;
pid $work/pid;
error_log stderr;
events { worker_connections 256; }
http {
  access_log off;
  server_tokens off;
  client_body_temp_path $work/body;
  proxy_temp_path $work/proxy;
  fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi;
  scgi_temp_path $work/scgi;
  server {
    listen 127.0.0.1:8080;
    root $work;
  }
}
CONF
seq -f 'line %06g of the file' 1 10000 | head -c 1500 > "$work/file.txt"
nginx -e stderr -c "$work/nginx.conf" &
server=$!
until ss -Htln 'sport = :8080' | grep -q .; do sleep 0.1; done
tcpdump -i lo --immediate-mode -B 65536 -U -w "$here/input.pcap" 'tcp port 8080' 2> "$work/log" &
dump=$!
until grep -qs 'listening on' "$work/log"; do sleep 0.1; done
curl -fs --no-progress-meter -Z --parallel-immediate --parallel-max 50 -H 'Connection: close' -o "$work/copy-#1" 'http://127.0.0.1:8080/file.txt?[1-50]'
sleep 1
kill $dump
wait $dump || true
dump=
