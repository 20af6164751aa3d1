#!/usr/bin/env python3
"""Divides a run of reasm among the workers of a Spark cluster: each task makes a shard, and the driver merges them.

usage: spark-submit [OPTION-OF-SPARK ...] reasm-spark.py -n SHARDS -o DIR OPTION-OF-REASM ...

DIR is then the folder that one run of "reasm -o DIR OPTION-OF-REASM ..." writes. No packet goes through Spark: all machines must see the
captures and DIR under the same paths, and have reasm on the PATH, or where REASM of the driver says. The command may be given again: shards
that are there are not made again. The exit status is that of reasm merge, 1 if shards are missing, or 64 if reasm refuses the options.
"""
import os
import subprocess
import sys


def reasm(words, folder):
    """Returns the exit status and the messages of a run of reasm in a folder."""
    run = subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    return run.returncode, run.stderr.decode(errors="replace")


def refuse(words, status):
    print(words, file=sys.stderr)
    sys.exit(status)


def main(program, count, output, words):
    folder = os.getcwd()

    def shard(index, output=output):
        return [program, "--shard", f"{index}/{count}", "-o", output, *words]

    def make(index):
        status, messages = reasm(shard(index), folder)
        # Statuses such as 2, for a capture that is cut off, are about the run; the shard is whole all the same.
        if not os.path.isdir(os.path.join(folder, output, "shards", f"{index:05}")):
            raise RuntimeError(f"shard {index}/{count} was not made: status {status}\n{messages}")

    # This folder cannot be made, so reasm ends when it has looked at options and captures.
    status, messages = reasm(shard(0, "/dev/null/reasm"), folder)
    if status != 1 or "reasm: /dev/null/reasm: " not in messages:
        refuse(messages.rstrip(), 64 if status == 64 else 1)
    if not os.path.exists(os.path.join(output, ".reasm-run")):
        from pyspark.sql import SparkSession

        session = SparkSession.builder.appName(f"reasm {output}").getOrCreate()
        session.sparkContext.parallelize(range(int(count)), int(count)).foreach(make)
        session.stop()
    sys.exit(subprocess.run([program, "merge", output]).returncode)


if __name__ == "__main__":
    if len(sys.argv) < 6 or sys.argv[1] != "-n" or sys.argv[3] != "-o":
        refuse(__doc__.strip(), 64)
    main(os.environ.get("REASM", "reasm"), sys.argv[2], sys.argv[4], sys.argv[5:])
