#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds recorded exchanges against an OpenAPI 3.0 document.

openapi-check.py [--all] DOCUMENT RECORDS...

DOCUMENT is what the server answered for its own description. RECORDS are files that have one JSON object a line: method, path, status,
type, body, and request (the body that was sent), and directories that have three files for an exchange: N.request (method, path and
status, a line each, then the body that was sent), N.head and N.body. Each answer must be one that the document describes: route, method, status, content
type and every key of its body. A key that a schema does not name is a finding, also where JSON Schema would let it pass. With --all
each operation of the document must have been answered with 2xx at least once.
"""

import argparse
import json
import pathlib
import re
import sys

import jsonschema

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time")
def is_date_time(value):
    return not isinstance(value, str) or DATE_TIME.fullmatch(value) is not None


def as_json_schema(schema):
    """The schema in the words of JSON Schema: `nullable` is a type there; objects have the keys that they name."""
    if isinstance(schema, list):
        return [as_json_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: as_json_schema(value) for key, value in schema.items() if key not in ("nullable", "example")}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        result["additionalProperties"] = False
    if schema.get("nullable") is True:
        result = {"anyOf": [{"type": "null"}, result]}
    return result


class Document:
    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", {"components": as_json_schema(document.get("components", {}))})
        prefix = (document.get("servers") or [{"url": ""}])[0]["url"].rstrip("/")
        self.routes = []
        for path, item in document["paths"].items():
            pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", path))
            self.routes.append((re.compile(re.escape(prefix) + pattern), path, item))
        # A literal path before one with a parameter.
        self.routes.sort(key=lambda route: "{" in route[1])
        self.answered = set()

    def deref(self, value):
        while isinstance(value, dict) and "$ref" in value:
            target = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            value = target
        return value

    def operations(self):
        return [(method, path, item[method]) for _, path, item in self.routes for method in METHODS if method in item]

    def route(self, path):
        return next(((name, item) for pattern, name, item in self.routes if pattern.fullmatch(path)), (None, {}))

    def parameters(self, item, operation):
        return [self.deref(parameter) for parameter in item.get("parameters", []) + operation.get("parameters", [])]

    def findings_of_schema(self, schema, value):
        validator = jsonschema.Draft4Validator(as_json_schema(schema), resolver=self.resolver, format_checker=formats)
        for error in validator.iter_errors(value):
            leaf = jsonschema.exceptions.best_match([error])
            yield "/" + "/".join(str(part) for part in leaf.absolute_path) + ": " + leaf.message

    def self_findings(self):
        """What a reader of the document would stumble over."""
        if not re.fullmatch(r"3\.0\.\d", self.document.get("openapi", "")):
            yield "openapi is not 3.0.x"
        for key in ("title", "version"):
            if not self.document.get("info", {}).get(key):
                yield f"info has no {key}"
        for reference in set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(self.document))):
            try:
                self.deref({"$ref": reference})
            except (KeyError, TypeError):
                yield f"{reference} leads nowhere"
        names = [operation.get("operationId") for _, _, operation in self.operations()]
        if None in names or len(set(names)) != len(names):
            yield "each operation needs an operationId of its own"
        for method, path, operation in self.operations():
            wanted = set(re.findall(r"\{([^}]*)\}", path))
            there = {p["name"] for p in self.parameters(self.document["paths"][path], operation) if p["in"] == "path"}
            if wanted != there:
                yield f"{method} {path}: parameters in the path are {sorted(wanted)}, described are {sorted(there)}"
            if not operation.get("responses"):
                yield f"{method} {path}: no responses"

    def record_findings(self, record):
        path, _, query = record["path"].partition("?")
        method, status = record["method"].lower(), record["status"]
        name, item = self.route(path)
        if name is None:
            # 301 leads to the slash at the end, 404 is what is not described.
            if status not in (301, 400, 401, 404):
                yield f"a path that is not described is answered with {status}"
            return
        operation = item.get("get" if method == "head" else method)
        if operation is None:
            if status not in (401, 405):
                yield f"a method that is not described is answered with {status}"
            return
        responses = operation["responses"]
        response = self.deref(responses.get(str(status), responses.get("default")))
        if response is None:
            yield f"status {status} is not described"
            return
        if 200 <= status < 300:
            self.answered.add((method, name))
            known = {p["name"] for p in self.parameters(item, operation) if p["in"] == "query"}
            for key in {part.partition("=")[0] for part in query.split("&") if part} - known:
                yield f"parameter {key} of the query is taken, and not described"
            yield from self.request_findings(operation, record)
        yield from self.body_findings(response, record, method)

    def request_findings(self, operation, record):
        if not record.get("request"):
            return
        described = self.deref(operation.get("requestBody", {})).get("content", {}).get("application/json")
        if described is None:
            yield "a body is taken, and not described"
            return
        for finding in self.findings_of_schema(described["schema"], json.loads(record["request"])):
            yield "request that was taken: " + finding

    def body_findings(self, response, record, method):
        content = response.get("content")
        body = record.get("body") or ""
        if method == "head" or content is None:
            if body:
                yield f"there is a body, and none is described: {body[:80]}"
            return
        media = (record.get("type") or "").partition(";")[0].strip()
        if media not in content:
            yield f"content type {media!r}, described are {sorted(content)}"
            return
        try:
            value = json.loads(body)
        except ValueError as error:
            yield f"the body is no JSON: {error}"
            return
        yield from self.findings_of_schema(content[media]["schema"], value)


def records_of_directory(directory):
    for name in sorted(directory.glob("*.request"), key=lambda path: int(path.stem)):
        method, path, status, request = name.read_text(encoding="utf-8", errors="replace").split("\n", 3)
        types = re.findall(r"^content-type: *(.*?)\r?$", name.with_suffix(".head").read_text(), re.IGNORECASE | re.MULTILINE)
        # Without an answer there is nothing to hold.
        if status != "000":
            yield {"method": method, "path": path, "status": int(status), "type": types[-1] if types else None, "request": request,
                   "body": name.with_suffix(".body").read_text(encoding="utf-8")}


def records_of(name):
    if pathlib.Path(name).is_dir():
        yield from records_of_directory(pathlib.Path(name))
        return
    with open(name, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("document")
    parser.add_argument("records", nargs="+")
    arguments = parser.parse_args()

    with open(arguments.document, encoding="utf-8") as file:
        document = Document(json.load(file))
    findings = list(document.self_findings())
    count = 0
    for name in arguments.records:
        for record in records_of(name):
            count += 1
            where = f"{record['method']} {record['path'][:120]} {record['status']}: "
            findings += [where + finding for finding in document.record_findings(record)]
    if arguments.all:
        for method, path, _ in document.operations():
            if (method, path) not in document.answered:
                findings.append(f"{method} {path} was never answered with 2xx")
    for finding in dict.fromkeys(findings):
        print(finding)
    print(f"{count} answers, {len(document.operations())} operations, {len(findings)} findings")
    sys.exit(1 if findings or count == 0 else 0)


main()
