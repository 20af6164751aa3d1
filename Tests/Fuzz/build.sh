#!/bin/sh
# Builds the fuzzers with the address sanitiser: Tests/Fuzz/build.sh FOLDER [SWIFTC-FLAG ...]
#
# By hand and not by the package manager: a package with such flags could not be depended on. Optimised, but with assertions, so that the
# engine checks its invariants after every call.
set -eu
cd "$(dirname "$0")/../.."
out=$1
shift
mkdir -p "$out"
swiftc=${SWIFTC:-swiftc}
flags="-O -wmo -assert-config Debug -D DEBUG -swift-version 6 -package-name reasm -parse-as-library -sanitize=fuzzer,address -use-ld=lld -I $out -I Sources/CPrefetch -I Sources/CCompression -I Sources/CCrypto -I $out/CMatch
  -enable-experimental-feature Lifetimes -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility"
module() {
  name=$1
  folder=$2
  shift 2
  # shellcheck disable=SC2046,SC2086
  "$swiftc" $flags "$@" -module-name "$name" -emit-module -emit-module-path "$out/$name.swiftmodule" -c $(find "$folder" -name '*.swift') \
    -o "$out/$name.o"
}
# Swift finds a module of C by a map beside its header.
mkdir -p "$out/CMatch"
cp Sources/CMatch/include/CMatch.h "$out/CMatch"
echo 'module CMatch { header "CMatch.h" export * }' > "$out/CMatch/module.modulemap"
${CC:-clang} -O2 -fsanitize=address -I Sources/CMatch/include -c Sources/CMatch/CMatch.c -o "$out/CMatch.o"
module Packets Sources/Packets "$@"
module Reassembly Sources/Reassembly "$@"
module TestSupport Tests/TestSupport "$@"
module Stages Sources/Stages "$@"
module Compression Sources/Compression "$@"
module HTTP Sources/HTTP "$@"
module TLS Sources/TLS "$@"
module TLSConversations Tests/TLSConversations "$@"
module EngineChecks Tests/EngineChecks "$@"
module Matching Sources/Matching "$@"
module PlainSearch Tests/PlainSearch "$@"
for target in decoder fragments assembler http http2 tls match; do
  # shellcheck disable=SC2086
  "$swiftc" $flags "$@" -module-name Fuzz Tests/Fuzz/Targets/*.swift "Tests/Fuzz/Entries/$target.swift" \
    "$out/Packets.o" "$out/Reassembly.o" "$out/TestSupport.o" "$out/EngineChecks.o" \
    "$out/Stages.o" "$out/Compression.o" "$out/HTTP.o" "$out/TLS.o" "$out/TLSConversations.o" \
    "$out/CMatch.o" "$out/Matching.o" "$out/PlainSearch.o" -o "$out/$target"
done
