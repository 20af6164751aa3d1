"""Parses a Dockerfile, and checks what the image is made of: dockerfile.py FILE"""
import sys

from dockerfile_parse import DockerfileParser

with open(sys.argv[1], "rb") as file:
    parser = DockerfileParser(fileobj=file)
    instructions = [entry["instruction"] for entry in parser.structure if entry["instruction"] != "COMMENT"]
    assert parser.parent_images == ["swift:6.3-bookworm", "debian:bookworm-slim"], parser.parent_images
known = {"FROM", "RUN", "WORKDIR", "COPY", "ENTRYPOINT", "CMD"}
assert set(instructions) <= known, set(instructions) - known
assert instructions[-2:] == ["ENTRYPOINT", "CMD"], instructions
