#!/usr/bin/env bash
# Installs into a folder, runs what lies there without the Swift toolchain, and removes it: check.sh FOLDER INSTALLED...
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$PWD/$1
shift
prefix=/opt/reasm
fail() {
  echo "make install: $*" >&2
  exit 1
}

rm -rf "$folder"
mkdir -p "$folder"
make install DESTDIR="$folder/root" PREFIX=$prefix
there=$folder/root$prefix

expected=$(printf '%s\n' "$@" | sort)
found=$(cd "$there" && find . -type f | sed 's,^\./,,' | sort)
[ "$found" = "$expected" ] || fail "these files and no others were expected:
$expected
and these are there:
$found"
[ "$(find "$folder/root" -type f | wc -l)" = $# ] || fail "there are files outside of $prefix"
for file in "$@"; do
  [ -s "$there/$file" ] || fail "$file is empty"
  case $file in
    bin/reasm | share/reasm/reasm-slurm) [ "$(stat -c %a "$there/$file")" = 755 ] || fail "$file cannot be run by everybody" ;;
    *) [ "$(stat -c %a "$there/$file")" = 644 ] || fail "$file cannot be read by everybody" ;;
  esac
  [[ $file != share/reasm/* ]] || cmp "$there/$file" "Sources/Cluster/${file##*/}" || fail "$file is another one"
done
"$there/share/reasm/reasm-slurm" --help | grep -q '^usage: reasm-slurm' || fail "reasm-slurm does not run"

# The page and the completions are of this binary.
grep -q '^\.TH REASM 1' "$there/share/man/man1/reasm.1" || fail "the man page is none"
for name in FILES ENVIRONMENT SIGNALS "EXIT STATUS"; do
  grep -q "^\.SH $name" "$there/share/man/man1/reasm.1" || fail "the man page has no section $name"
done
cmp "$there/share/man/man5/reasm-output.5" Sources/Manual/reasm-output.5 || fail "the man page of the output is another one"
if command -v man > /dev/null; then
  for page in man1/reasm.1 man5/reasm-output.5; do
    said=$(MANWIDTH=80 man --warnings -E UTF-8 -l "$there/share/man/$page" 2>&1 > /dev/null)
    [ -z "$said" ] || fail "man does not take $page: $said"
  done
fi
options=$("$there/bin/reasm" --help | grep -oE '^  (-., )?--[a-z-]+' | grep -oE -- '--.*')
[ "$(wc -l <<< "$options")" -gt 50 ] || fail "the help has few options"
for file in "$@"; do
  [[ $file == bin/reasm || $file == *.5 || $file == share/reasm/* ]] && continue
  text=$(tr -d '\\' < "$there/$file")
  for option in $options; do [[ $text == *"${option#--}"* ]] || fail "$file does not know $option"; done
done
for shell in bash zsh fish; do
  ! command -v $shell > /dev/null || $shell -n "$(find "$there" -path "*$shell*" -name '*reasm*' -type f)" || fail "$shell does not take its completions"
done

# Stripped, and nothing of the Swift runtime beside it.
if command -v readelf > /dev/null; then
  ! readelf -S "$there/bin/reasm" | grep -q '\.symtab' || fail "bin/reasm is not stripped"
fi
! ldd "$there/bin/reasm" | grep -iE 'swift|Foundation|not found' || fail "bin/reasm needs the libraries above"

# Where the toolchain lies there is nothing, in a mount namespace of its own; where that is not allowed, no variable leads there.
toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v "${SWIFT:-swift}")")")")")
hidden=()
if unshare --mount true 2> /dev/null; then
  case $toolchain in
    / | /usr | "$PWD"*) echo "the toolchain in $toolchain cannot be hidden" ;;
    *) hidden=(unshare --mount sh -c 'mount -t tmpfs tmpfs "$0" && test -z "$(ls -A "$0")" && exec "$@"' "$toolchain") ;;
  esac
else
  echo "no right to mount: the toolchain is not hidden, but nothing names it"
fi
cp Fixtures/http-ipv4/input.pcap "$folder/input.pcap"
(cd "$folder" && "${hidden[@]}" env -i "$there/bin/reasm" -q -r input.pcap -o out) || fail "bin/reasm does not run without the toolchain"
diff -r --exclude run.json Fixtures/http-ipv4/expected "$folder/out" || fail "bin/reasm writes something else than it should"

make uninstall DESTDIR="$folder/root" PREFIX=$prefix
left=$(find "$folder/root" ! -type d)
[ -z "$left" ] || fail "make uninstall left $left"
echo "make install and make uninstall: $# files, ${hidden[*]:+the toolchain hidden}"
