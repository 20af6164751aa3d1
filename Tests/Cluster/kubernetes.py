"""Reads the manifest of Kubernetes and runs its commands as nodes do: kubernetes.py MANIFEST REASM FOLDER

FOLDER has the captures of check.sh and "one", the output of one run. The schema is checked where kubernetes-validate is installed.
"""
import filecmp
import os
import shutil
import subprocess
import sys

import yaml

manifest, reasm, folder = sys.argv[1:]
with open(manifest) as file:
    documents = list(yaml.safe_load_all(file))
kinds = {(document["kind"], document["metadata"]["name"]): document for document in documents}
assert list(kinds) == [("ConfigMap", "reasm"), ("Job", "reasm-shards"), ("Job", "reasm-merge")], list(kinds)
settings = kinds["ConfigMap", "reasm"]["data"]
shards = kinds["Job", "reasm-shards"]["spec"]
merge = kinds["Job", "reasm-merge"]["spec"]
assert shards["completionMode"] == "Indexed" and str(shards["completions"]) == settings["SHARDS"], "completions is not SHARDS"

try:
    import kubernetes_validate
except ImportError:
    print("python3 has no kubernetes_validate: the manifest of Kubernetes was not checked by a schema")
else:
    for version in ["1.27", "1.30", "1.33"]:
        for document in documents:
            kubernetes_validate.validate(document, version, strict=True)
    wrong = dict(kinds["Job", "reasm-shards"], spec=dict(shards, completionMood="Indexed"))
    try:
        kubernetes_validate.validate(wrong, "1.33", strict=True)
        sys.exit("the schema takes a field that there is not")
    except kubernetes_validate.ValidationError:
        print("the schemas of Kubernetes 1.27, 1.30 and 1.33 take the manifest, and refuse a field that there is not")

programs = os.path.join(folder, "programs")
os.makedirs(programs, exist_ok=True)
if not os.path.lexists(os.path.join(programs, "reasm")):
    os.symlink(reasm, os.path.join(programs, "reasm"))


def run(job, *, arguments=None, **variables):
    """Runs the command of a job's container, and returns its status."""
    (container,) = job["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": "reasm"}}]
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", **settings, **variables}
    words = container["command"] + (arguments or container.get("args", []))
    return subprocess.run(words, cwd=folder, env=environment, stderr=subprocess.DEVNULL, timeout=60).returncode


def difference(one, other):
    """Returns what differs between two folders."""
    compared = filecmp.dircmp(one, other, ignore=[], hide=[])
    _, unequal, failed = filecmp.cmpfiles(one, other, compared.common_files, shallow=False)
    below = [name for part in compared.common_dirs for name in difference(f"{one}/{part}", f"{other}/{part}")]
    return compared.left_only + compared.right_only + unequal + failed + below


def fresh():
    shutil.rmtree(os.path.join(folder, settings["OUT"]), ignore_errors=True)


out = os.path.join(folder, settings["OUT"])
count = shards["completions"]
options = ["-r", "the captures", "--http", "-T", "%A/a %N", "tcp", "port 8080 or port 80"]
fresh()
# The merge is there before the shards, and waits; two pods may have one index.
(container,) = merge["template"]["spec"]["containers"]
waiting = subprocess.Popen(
    container["command"], cwd=folder, env={"PATH": f"{programs}:{os.environ['PATH']}", **settings}, stderr=subprocess.DEVNULL)
for index in [*range(count), 3]:
    status = run(shards, arguments=options, JOB_COMPLETION_INDEX=str(index))
    # The last one comes when the merge may have begun.
    assert status == 0 or index == 3, f"shard {index} ended with {status}"
assert waiting.wait(timeout=60) == 0, f"the merge ended with {waiting.returncode}"
assert difference(os.path.join(folder, "one"), out) == [], difference(os.path.join(folder, "one"), out)
assert run(merge) == 0, "a second pod of the merge finds that nothing is to do"

# Options that shards refuse, and a capture that is cut off, whose shards are whole and whose merge is too.
fresh()
assert run(shards, arguments=["-r", "cut.pcap", "--console"], JOB_COMPLETION_INDEX="0") == 64
for index in range(count):
    assert run(shards, arguments=["-r", "cut.pcap"], JOB_COMPLETION_INDEX=str(index)) == 0
assert run(merge) == 0
assert os.path.exists(os.path.join(out, "run.json")) and not os.path.exists(os.path.join(out, "shards"))
fresh()
print(f"the commands of the manifest: {count} shards and their merge")
