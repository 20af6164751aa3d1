#!/usr/bin/env bash
# Makes a Debian package of an installed tree: deb.sh TREE FILE.deb
#
# TREE is what `make install DESTDIR=TREE PREFIX=/usr` wrote. The dependencies are those of the libraries that the program is linked with.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$1" && pwd)
package=$(realpath -m "$2")

for program in dpkg-deb dpkg-shlibdeps; do
  command -v $program > /dev/null || {
    echo "missing: $program. On Debian and Ubuntu: sudo apt-get install dpkg-dev" >&2
    exit 1
  }
done

version=$("$tree/usr/bin/reasm" --version | awk '{ print $2 }')
# dpkg-shlibdeps reads the name of the package from debian/control in the current folder.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debian"
printf 'Source: reasm\n\nPackage: reasm\nArchitecture: any\n' > "$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O "$tree/usr/bin/reasm" | sed -n 's/^shlibs:Depends=//p')

install -D -m 644 "$here/copyright" "$tree/usr/share/doc/reasm/copyright"
find "$tree/usr/share/man" -type f ! -name '*.gz' -exec gzip -9n {} +
mkdir -p "$tree/DEBIAN"
cat > "$tree/DEBIAN/control" << END
Package: reasm
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: The developers of reasm <reasm@localhost>
Installed-Size: $(du -k -s --exclude DEBIAN "$tree" | cut -f 1)
Depends: $depends
Recommends: libdeflate0, libvectorscan5
Section: net
Priority: optional
Description: TCP stream reassembler and dumper
 reasm reads capture files and live devices, reassembles the TCP streams in
 them, and writes each direction of each connection to a file of its own. An
 index says for every connection what is in its files and what is missing.
END
(cd "$tree" && find usr -type f -exec md5sum {} + | sort -k 2) > "$tree/DEBIAN/md5sums"
mkdir -p "$(dirname "$package")"
dpkg-deb --root-owner-group --build "$tree" "$package" > /dev/null
echo "$package"
