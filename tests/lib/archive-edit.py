#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes a mongodump archive anew with other documents: the dump of the same server on another day.

archive-edit.py FROM TO EDIT…   each EDIT is a JSON object:
  {"collection": "units_iso", "match": {"name": "a"}, "set": {"size": 3}}    replaces or adds fields of what matches; all without match
  {"collection": "repo_importers", "match": {…}, "unset": ["config.feed"]}   takes fields away; a.b is field b of a document a
  {"collection": "repo_importers", "match": {…}, "copy": {"_id": …}}         adds the first that matches once more, with other fields
  {"collection": "units_iso", "match": {"name": "a"}, "remove": true}        takes documents out
  {"collection": "repo_content_units", "insert": {"_id": {"$oid": "…"}, …}}  adds one
It fails when an edit met nothing."""

import json
import struct
import sys

END = b"\xff\xff\xff\xff"
CRC_POLYNOMIAL = 0xC96C5795D7870F42  # CRC-64/XZ


def crc_table():
    table = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (CRC_POLYNOMIAL if i & 1 else 0)
        table.append(i)
    return table


def crc(documents, table=crc_table()):
    value = (1 << 64) - 1
    for document in documents:
        for byte in document:
            value = table[(value ^ byte) & 255] ^ (value >> 8)
    return value ^ ((1 << 64) - 1)


def value_size(kind, data, at):
    """Bytes of a value of a type of BSON."""
    fixed = {0x01: 8, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8}
    if kind in fixed:
        return fixed[kind]
    length = struct.unpack_from("<i", data, at)[0]
    return {0x02: length + 4, 0x03: length, 0x04: length, 0x05: length + 5}[kind]


def split(data):
    """A document's fields: name -> (type, bytes), in their order."""
    fields, at = {}, 4
    while data[at]:
        kind, end = data[at], data.index(0, at + 1)
        size = value_size(kind, data, end + 1)
        fields[data[at + 1 : end].decode()] = (kind, data[end + 1 : end + 1 + size])
        at = end + 1 + size
    return fields


def join(fields):
    body = b"".join(bytes([kind]) + name.encode() + b"\0" + value for name, (kind, value) in fields.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def read(kind, value):
    if kind == 0x02:
        return value[4:-1].decode()
    if kind in (0x10, 0x12):
        return int.from_bytes(value, "little", signed=True)
    if kind == 0x08:
        return value[0] == 1
    if kind == 0x07:
        return {"$oid": value.hex()}
    return None


def make(value, former=0):
    if isinstance(value, bool):
        return 0x08, bytes([value])
    if isinstance(value, int):
        return (0x12, struct.pack("<q", value)) if former == 0x12 or value >> 31 else (0x10, struct.pack("<i", value))
    if isinstance(value, str):
        text = value.encode() + b"\0"
        return 0x02, struct.pack("<i", len(text)) + text
    if value is None:
        return 0x0A, b""
    if isinstance(value, list):
        return 0x04, join({str(i): make(item) for i, item in enumerate(value)})
    if set(value) == {"$oid"}:
        return 0x07, bytes.fromhex(value["$oid"])
    return 0x03, join({name: make(item) for name, item in value.items()})


def replace(fields, path, value):
    """Another value for the field at a path, or, with None, no such field."""
    name, _, rest = path.partition(".")
    if rest:
        inner = split(fields[name][1]) if fields.get(name, (0,))[0] == 0x03 else {}
        replace(inner, rest, value)
        value = 0x03, join(inner)
    if value is None:
        fields.pop(name, None)
    else:
        fields[name] = value


def matches(fields, wanted):
    return all(name in fields and read(*fields[name]) == value for name, value in wanted.items())


def edit(documents, edits, is_first):
    for change in edits:
        kept = []
        for document in documents:
            fields = split(document)
            if "insert" in change or not matches(fields, change.get("match", {})):
                kept.append(document)
                continue
            first = not change.get("met")
            change["met"] = True
            if "copy" in change:
                kept.append(document)
                if not first:
                    continue
            for name, value in {**change.get("set", {}), **change.get("copy", {})}.items():
                replace(fields, name, make(value, fields.get(name, (0,))[0]))
            for name in change.get("unset", []):
                replace(fields, name, None)
            if not change.get("remove"):
                kept.append(join(fields))
        if "insert" in change and is_first:
            change["met"] = True
            kept.append(join({name: make(value) for name, value in change["insert"].items()}))
        documents = kept
    return documents


class Archive:
    def __init__(self, data):
        self.data, self.at = data, 4

    def documents(self):
        """Up to an end."""
        found = []
        while self.data[self.at : self.at + 4] != END:
            size = struct.unpack_from("<i", self.data, self.at)[0]
            found.append(self.data[self.at : self.at + size])
            self.at += size
        self.at += 4
        return found


def write_again(data, edits):
    archive = Archive(data)
    out = [data[:4], *archive.documents(), END]
    seen = {}
    while archive.at < len(data):
        header, *documents = archive.documents()
        fields = split(header)
        name = read(*fields["collection"])
        documents = edit(documents, [e for e in edits if e["collection"] == name], name not in seen)
        seen.setdefault(name, []).extend(documents)
        if read(*fields["EOF"]):
            fields["CRC"] = (0x12, struct.pack("<Q", crc(seen[name]) if seen[name] else 0))
        out += [join(fields), *documents, END]
    return b"".join(out)


def main(source, destination, *texts):
    edits = [json.loads(text) for text in texts]
    with open(source, "rb") as f:
        data = write_again(f.read(), edits)
    missed = [text for text, e in zip(texts, edits) if not e.get("met")]
    if missed:
        sys.exit("nothing matches " + " ".join(missed))
    with open(destination, "wb") as f:
        f.write(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
