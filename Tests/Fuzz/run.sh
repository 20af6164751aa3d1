#!/bin/sh
# Fuzzes every target, each from its corpus, for so many seconds: Tests/Fuzz/run.sh FOLDER SECONDS
#
# What was learnt is merged back into the corpus in Fixtures/fuzz, which keeps the smallest inputs that reach everything, and what once was a
# finding (finding-*). A finding stops the run and stays in FOLDER.
set -eu
cd "$(dirname "$0")/../.."
out=$1
seconds=$2
export SWIFT_BACKTRACE=enable=no
for target in decoder fragments assembler http http2 tls match; do
  corpus=Fixtures/fuzz/$target
  found=$out/corpus/$target
  rm -rf "$found"
  mkdir -p "$found" "$corpus"
  cp "$corpus"/* "$found" 2> /dev/null || true
  echo "$target: $seconds s"
  if ! "$out/$target" -max_total_time="$seconds" -max_len=512 -print_final_stats=1 -artifact_prefix="$out/$target-" "$found" \
    > "$out/$target.log" 2>&1; then
    grep -v '^#' "$out/$target.log" | tail -n 60
    echo "$target: a finding, see $out/$target.log; the input: $(ls -t "$out/$target"-* | head -n 1)"
    exit 1
  fi
  grep -E 'number_of_executed_units|average_exec_per_sec' "$out/$target.log" | sed "s/^stat::/$target: /"
  # One pass by size keeps the corpus small: the smallest inputs that reach everything.
  rm -rf "$out/merged"
  mkdir "$out/merged"
  "$out/$target" -set_cover_merge=1 -max_len=256 "$out/merged" "$found" > "$out/$target-merge.log" 2>&1
  cp "$corpus"/finding-* "$out/merged" 2> /dev/null || true
  rm -rf "$corpus"
  mv "$out/merged" "$corpus"
  echo "$target: $(ls "$corpus" | wc -l) inputs, $(cat "$corpus"/* | wc -c) bytes"
done
