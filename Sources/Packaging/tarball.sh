#!/usr/bin/env bash
# Makes a compressed archive of an installed tree: tarball.sh TREE FILE.tar.gz
#
# TREE is what `make install DESTDIR=TREE PREFIX=/` wrote. The Swift runtime is inside the program; LIBRARIES lists the libraries of the
# system that it needs.
set -euo pipefail
tree=$(cd "$1" && pwd)
archive=$(realpath -m "$2")

name=$(basename "$archive" .tar.gz)
readelf -d "$tree/bin/reasm" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort > "$tree/LIBRARIES"
mkdir -p "$(dirname "$archive")"
tar --create --gzip --file "$archive" --directory "$tree" --owner 0 --group 0 --sort name --transform "s,^\\.,$name," .
echo "$archive"
