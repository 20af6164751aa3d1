"""Validates documents against JSON Schemas: validate.py SCHEMA FILE [SCHEMA FILE ...]

A file is one document, or, where its name ends with ndjson, a document on each line. Prints the place of each document that is refused
and why; the last line counts the documents. Exit status 1 where one is refused.
"""

import json
import sys

from jsonschema import Draft202012Validator


def validator(path):
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def main():
    schemas, files = sys.argv[1::2], sys.argv[2::2]
    validators = {path: validator(path) for path in schemas}
    count = 0
    refused = 0
    for schema, path in zip(schemas, files, strict=True):
        with open(path, encoding="utf-8") as file:
            documents = file.read().splitlines() if path.endswith("ndjson") else [file.read()]
        for number, text in enumerate(documents, 1):
            count += 1
            errors = list(validators[schema].iter_errors(json.loads(text)))
            refused += bool(errors)
            for error in errors:
                print(f"{path}:{number}: {error.json_path}: {error.message}")
    print(f"{count} documents, {refused} refused")
    return 1 if refused else 0


sys.exit(main())
