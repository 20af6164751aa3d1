#!/usr/bin/env bash
# Makes the Debian package and the tarball, and runs what is in them: packages.sh FOLDER
#
# With REASM_CI_FULL=1 the package is also installed and purged in a new Debian (debootstrap, as root, with a network).
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$PWD/$1
fail() {
  echo "packages: $*" >&2
  exit 1
}
run() {
  rm -rf "$folder/out"
  "$@" -q -r Fixtures/http-ipv4/input.pcap -o "$folder/out" || fail "$1 does not run"
  diff -r --exclude run.json Fixtures/http-ipv4/expected "$folder/out" || fail "$1 writes something else than it should"
}

rm -rf "$folder"
mkdir -p "$folder"
make deb tarball PACKAGES_DIR="$folder"
version=$(sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/reasm/ReasmCommand.swift)

deb=$(ls "$folder"/*.deb)
[ "$(dpkg-deb -f "$deb" Package Version)" = "Package: reasm
Version: $version" ] || fail "the fields of $deb are wrong"
[[ $(dpkg-deb -f "$deb" Depends) == *libpcap0.8* ]] || fail "$deb does not depend on libpcap"
# These libraries are loaded at run time, so that nothing else needs them.
[ "$(dpkg-deb -f "$deb" Recommends)" = "libdeflate0, libvectorscan5" ] || fail "$deb does not recommend libdeflate0 and libvectorscan5"
dpkg-deb -x "$deb" "$folder/unpacked"
grep -q '^License: none-named-yet' "$folder/unpacked/usr/share/doc/reasm/copyright" || fail "$deb does not say that no licence was named"
for page in man1/reasm.1.gz man5/reasm-output.5.gz; do
  gzip -t "$folder/unpacked/usr/share/man/$page" || fail "$deb lacks $page"
done
run "$folder/unpacked/usr/bin/reasm"

tarball=$(ls "$folder"/*.tar.gz)
tar -xzf "$tarball" -C "$folder"
tree=$folder/$(basename "$tarball" .tar.gz)
run "$tree/bin/reasm"
linked=$(ldd "$tree/bin/reasm")
while read -r library; do
  [[ $linked == *"$library"* ]] || fail "$library is listed and not needed"
done < "$tree/LIBRARIES"
! grep -qi swift "$tree/LIBRARIES" || fail "the tarball needs the Swift runtime"
# Every library of the list is in a package that the image installs.
for library in $(grep -v -e '^libc\.so' -e '^libm\.so' -e '^libgcc_s' -e '^ld-linux' "$tree/LIBRARIES"); do
  path=$(awk '{ print $3 }' <<< "$linked" | grep "/$library$")
  package=$(dpkg-query -S "$(realpath "$path")" 2> /dev/null || dpkg-query -S "$path" 2> /dev/null || dpkg-query -S "${path#/usr}")
  package=${package%%:*}
  grep -q -w -F -- "$package" Sources/Packaging/Dockerfile || fail "the Dockerfile does not install $package for $library"
done
if python3 -c 'import dockerfile_parse' 2> /dev/null; then
  python3 Tests/Install/dockerfile.py Sources/Packaging/Dockerfile || fail "the Dockerfile is none"
else
  echo "python3 has no dockerfile_parse: the Dockerfile was not parsed"
fi

if [ "${REASM_CI_FULL:-}" = 1 ]; then
  system=$folder/debian
  debootstrap --variant=minbase "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$system" > "$folder/debootstrap.log" || fail "debootstrap"
  (cd "$system" && find . -xdev \( -path ./var -o -path ./etc -o -path ./tmp \) -prune -o -print | sort) > "$folder/before"
  mount -t proc proc "$system/proc"
  trap 'umount "$system/proc"' EXIT
  cp "$deb" Fixtures/http-ipv4/input.pcap "$system/tmp"
  chroot "$system" sh -c 'apt-get install -q -y --no-install-recommends "/tmp/$0" && reasm -q -r /tmp/input.pcap -o /tmp/out' "$(basename "$deb")" \
    || fail "the package does not install or run in a new Debian"
  diff -r --exclude run.json Fixtures/http-ipv4/expected "$system/tmp/out" || fail "the installed program writes something else than it should"
  chroot "$system" sh -c 'apt-get purge -q -y reasm && apt-get autoremove -q -y --purge'
  (cd "$system" && find . -xdev \( -path ./var -o -path ./etc -o -path ./tmp \) -prune -o -print | sort) > "$folder/after"
  ! grep -n reasm "$folder/after" || fail "purging left files"
  left=$(comm -13 "$folder/before" "$folder/after" | grep -v __pycache__ || true)
  [ -z "$left" ] || fail "purging left $left"
  umount "$system/proc"
  trap - EXIT
  rm -rf "$system"
fi
echo "packages: $(basename "$deb"), $(basename "$tarball")"
