#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bytes for the REST gateway that no HTTP library would send.

rest-raw.py SOCKET send [SECONDS]         sends standard input, prints what comes back until the other side closes, or until
                                          nothing came for SECONDS (5); then the line `closed` or `open`
rest-raw.py SOCKET hold COUNT [TEXT]      opens so many connections, sends TEXT (with its escapes) on each, prints `held`; then waits
                                          for all to be closed, printing `closed` when they are
"""

import resource
import select
import socket
import sys


def connect(path):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(30)
    connection.connect(path)
    return connection


def send(path, seconds=5):
    connection = connect(path)
    data = sys.stdin.buffer.read()
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass
    connection.settimeout(float(seconds))
    answer = b""
    end = "closed"
    try:
        while part := connection.recv(65536):
            answer += part
    except ConnectionResetError:
        pass
    except TimeoutError:
        end = "open"
    sys.stdout.buffer.write(answer + b"\n")
    print(end)


def hold(path, count, text=""):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, int(count) + 100), hard))
    data = text.encode().decode("unicode_escape").encode("latin-1")
    held = select.poll()
    connections = {}
    for _ in range(int(count)):
        connection = connect(path)
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            # Turned away; the end is seen below.
            pass
        connections[connection.fileno()] = connection
        held.register(connection, select.POLLIN)
    print("held", flush=True)
    while connections:
        for descriptor, _ in held.poll():
            connection = connections[descriptor]
            try:
                rest = connection.recv(65536)
            except ConnectionResetError:
                rest = b""
            if not rest:
                held.unregister(descriptor)
                connections.pop(descriptor).close()
    print("closed", flush=True)


{"send": send, "hold": hold}[sys.argv[2]](sys.argv[1], *sys.argv[3:])
