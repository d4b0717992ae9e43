#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""archive-edit.py SOURCE TARGET [OPERATION...]: a mongodump archive with other documents, and with its checksums right again.

Operations on the documents of a collection that have that repo_id; a path is FIELD or FIELD.FIELD, a value JSON:
  set COLLECTION REPO PATH VALUE
  unset COLLECTION REPO PATH
  remove COLLECTION REPO
  copy COLLECTION REPO ID PATH VALUE    a second document with that object id and that field
"""
import json
import struct
import sys

# Bytes of a value by its type; -1: a length before it that counts itself, -2: one that does not, -3: one and a subtype.
SIZES = {1: 8, 2: -2, 3: -1, 4: -1, 5: -3, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8}
END = b"\xff\xff\xff\xff"


def value_size(kind, data, at):
    size = SIZES[kind]
    if size >= 0:
        return size
    length = struct.unpack_from("<i", data, at)[0]
    return length if size == -1 else length + 4 if size == -2 else length + 5


def decode(data):
    """A document as a list of (name, type, bytes)."""
    fields, at = [], 4
    while data[at]:
        end = data.index(0, at + 1)
        size = value_size(data[at], data, end + 1)
        fields.append((data[at + 1:end].decode(), data[at], bytes(data[end + 1:end + 1 + size])))
        at = end + 1 + size
    return fields


def encode(fields):
    body = b"".join(bytes([kind]) + name.encode() + b"\0" + value for name, kind, value in fields)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def make_value(value):
    if isinstance(value, bool):
        return 8, bytes([value])
    if isinstance(value, int):
        return 16, struct.pack("<i", value)
    if isinstance(value, str):
        text = value.encode() + b"\0"
        return 2, struct.pack("<i", len(text)) + text
    if isinstance(value, dict):
        return 3, encode([(name, *make_value(v)) for name, v in value.items()])
    return 10, b""


def change(document, path, value):
    """The document with another field; value None: without it."""
    name, _, rest = path.partition(".")
    fields = decode(document)
    if rest:
        inner = next((v for n, k, v in fields if n == name and k == 3), encode([]))
        value = 3, change(inner, rest, value)
    place = next((i for i, f in enumerate(fields) if f[0] == name), len(fields))
    fields[place:place + 1] = [] if value is None else [(name, *value)]
    return encode(fields)


def apply(operations, collection, documents):
    for kind, name, repository, *rest in operations:
        if name != collection:
            continue
        wanted = ("repo_id", *make_value(repository))
        chosen = [d for d in documents if wanted in decode(d)]
        if kind == "remove":
            documents = [d for d in documents if d not in chosen]
        elif kind == "copy":
            documents += [change(change(d, "_id", (7, bytes.fromhex(rest[0]))), rest[1], make_value(json.loads(rest[2])))
                          for d in chosen[:1]]
        else:
            value = make_value(json.loads(rest[1])) if kind == "set" else None
            documents = [change(d, rest[0], value) if d in chosen else d for d in documents]
    return documents


def crc(data):
    """CRC-64/XZ."""
    table = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (0xC96C5795D7870F42 if i & 1 else 0)
        table.append(i)
    value = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 255] ^ (value >> 8)
    return value ^ 0xFFFFFFFFFFFFFFFF if data else 0


def read_documents(data, at):
    documents = []
    while data[at:at + 4] != END:
        size = struct.unpack_from("<i", data, at)[0]
        documents.append(data[at:at + size])
        at += size
    return documents, at + 4


def main():
    counts = {"set": 5, "unset": 4, "remove": 3, "copy": 6}
    arguments, operations = sys.argv[3:], []
    while arguments:
        n = counts[arguments[0]]
        operations.append(arguments[:n])
        arguments = arguments[n:]
    with open(sys.argv[1], "rb") as source:
        data = source.read()
    _, at = read_documents(data, 4)
    out, seen = bytearray(data[:at]), {}
    while at < len(data):
        (header, *documents), at = read_documents(data, at)
        fields = {name: value for name, _, value in decode(header)}
        collection = fields["collection"][4:-1].decode()
        if documents:
            documents = apply(operations, collection, documents)
        seen.setdefault(collection, bytearray()).extend(b"".join(documents))
        if fields["EOF"] == b"\1":
            header = change(header, "CRC", (18, struct.pack("<Q", crc(seen[collection]))))
        out += header + b"".join(documents) + END
    with open(sys.argv[2], "wb") as target:
        target.write(out)


main()
