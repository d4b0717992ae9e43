#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A proxy on a Unix socket between the service and PostgreSQL, or the poll and the bus, that does one fault when told.

Usage: fault-proxy.py postgresql|bus LISTEN CONNECT CONTROL

CONTROL is one line, ACTION PATTERN [SECONDS]; PATTERN is a regular expression, for a statement's text or a method's name. The
first message of a client that matches is struck, CONTROL is removed, and what was done is appended to CONTROL.log:
  before   the connection is cut, the message is not sent on
  race     it is sent on, and the connection is cut at once, on both sides
  after    it is sent on, and cut when the server has done it, before the answer is passed; PostgreSQL has committed then, or
           it is written down as `undone`
  lost     it is sent on, the answer is dropped, the connection stays (bus only)
  refuse   it is not sent on, the answer is an error (bus only)
  slow     it is sent on, the answer and all that follows come after SECONDS
The server sees the peer's own user: the connection to it is made with that one's uid."""

import grp
import os
import re
import select
import socket
import struct
import sys
import time

KIND, LISTEN, CONNECT, CONTROL = sys.argv[1:5]


class Cut(Exception):
    pass


def control_take(text):
    """The action for a message with this text, once."""
    try:
        with open(CONTROL, encoding="utf-8") as f:
            words = f.readline().split(" ")
    except OSError:
        return None
    if len(words) < 2 or not re.search(words[1].strip(), text, re.IGNORECASE | re.DOTALL):
        return None
    os.unlink(CONTROL)
    return words[0], float(words[2]) if len(words) > 2 else 0


def note(action, text, former=""):
    """What was done."""
    with open(CONTROL + ".log", "a", encoding="utf-8") as f:
        f.write(f"{action} {' '.join(text.split())[:100]} | {' '.join(former.split())[:400]}\n")


class Pair:
    """A client's connection and ours to the server; buffers hold what is not a whole message yet."""

    def __init__(self, client):
        self.client = client
        pid, uid, gid = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        self.server = socket.socket(socket.AF_UNIX)
        os.setegid(gid)
        os.seteuid(uid)
        try:
            self.server.connect(CONNECT)
        finally:
            os.seteuid(0)
            os.setegid(0)
        self.up = self.down = b""
        self.hold_until = 0.0
        self.held = b""
        self.start()

    def close(self):
        self.client.close()
        self.server.close()

    def deliver(self, data):
        if self.hold_until:
            self.held += data
        else:
            self.client.sendall(data)

    def tick(self):
        if self.hold_until and time.monotonic() >= self.hold_until:
            self.hold_until = 0
            held, self.held = self.held, b""
            self.client.sendall(held)

    def act(self, action, seconds, message):
        """What every protocol does in the same way; True: it has been sent on."""
        if action == "before":
            raise Cut
        if action == "race":
            self.server.sendall(message + self.up)
            raise Cut
        if action == "slow":
            self.hold_until = time.monotonic() + seconds
        return False

    def from_client(self):
        data = self.client.recv(65536)
        if not data:
            raise Cut
        self.up += data
        while message := self.client_message():
            if not self.client_seen(message):
                self.server.sendall(message)

    def from_server(self):
        data = self.server.recv(65536)
        if not data:
            raise Cut
        self.down += data
        while message := self.server_message():
            if not self.server_seen(message):
                self.deliver(message)


class PostgresqlPair(Pair):
    def start(self):
        self.started = False
        self.after = None
        self.former = self.tag = ""

    def take(self, buffer, header):
        if len(buffer) < header + 4:
            return None
        size = header + struct.unpack_from(">I", buffer, header)[0]
        return buffer[:size] if len(buffer) >= size else None

    def client_message(self):
        message = self.take(self.up, 1 if self.started else 0)
        if message:
            self.up = self.up[len(message):]
            # Not a request for encryption, which is answered with one byte and followed by the real start.
            self.started = self.started or message[4:8] == b"\0\3\0\0"
        return message

    def server_message(self):
        message = self.take(self.down, 1)
        if message:
            self.down = self.down[len(message):]
        return message

    def client_seen(self, message):
        if message[:1] not in b"QP" or len(message) < 6 or message[4:8] == b"\0\3\0\0":
            return False
        text = message[5:].replace(b"\0", b" ").decode(errors="replace")
        former, self.former = self.former, text
        done = control_take(text)
        if not done:
            return False
        if done[0] == "after":
            self.after = text, former
        else:
            note(done[0], text, former)
        return self.act(*done, message)

    def server_seen(self, message):
        if not self.after:
            return False
        # CommandComplete, or ErrorResponse.
        if message[:1] in b"CE":
            self.tag = message[5:-1].decode(errors="replace") if message[:1] == b"C" else "ROLLBACK"
        # ReadyForQuery: with it, and only with it, the statement's transaction is over.
        if message[:1] == b"Z":
            note("undone" if self.tag == "ROLLBACK" else "after", *self.after)
            raise Cut
        return True


class BusPair(Pair):
    def start(self):
        self.client_begun = self.server_begun = False
        self.after = self.drop = None

    def line_end(self, buffer, word):
        at = buffer.find(word)
        return at + len(word) if at >= 0 else 0

    def take(self, buffer):
        if len(buffer) < 16:
            return None
        order = "<" if buffer[:1] == b"l" else ">"
        body, _, fields = struct.unpack_from(order + "III", buffer, 4)
        size = 16 + (fields + 7) // 8 * 8 + body
        return buffer[:size] if len(buffer) >= size else None

    def client_message(self):
        if self.client_begun:
            message = self.take(self.up)
        else:
            message = self.up
            end = self.line_end(self.up, b"BEGIN\r\n")
            if end:
                self.client_begun, message = True, self.up[:end]
        if message:
            self.up = self.up[len(message):]
        return message

    def server_message(self):
        if self.server_begun:
            message = self.take(self.down)
        else:
            message = self.down
            end = self.line_end(self.down, b"AGREE_UNIX_FD\r\n")
            if end:
                self.server_begun, message = True, self.down[:end]
        if message:
            self.down = self.down[len(message):]
        return message

    def serial(self, message):
        return struct.unpack_from("<I" if message[:1] == b"l" else ">I", message, 8)[0]

    def client_seen(self, message):
        # A method call, whose member is field 3 of the header.
        at = message.find(b"\3\1s\0")
        if message[:1] not in (b"l", b"B") or message[1] != 1 or at < 0:
            return False
        done = control_take(message[at + 8:message.index(b"\0", at + 8)].decode())
        if not done:
            return False
        note(done[0], message[at + 8:message.index(b"\0", at + 8)].decode())
        if done[0] == "after":
            self.after = self.serial(message)
        if done[0] == "lost":
            self.drop = self.serial(message)
        if done[0] == "refuse":
            self.client.sendall(self.refusal(self.serial(message)))
            return True
        return self.act(*done, message)

    def refusal(self, serial):
        """What the bus says when PID 1 leaves it before it has answered."""
        name = b"org.freedesktop.DBus.Error.NoReply"
        fields = struct.pack("<BBBBI", 5, 1, ord("u"), 0, serial)
        fields += struct.pack("<BBBBI", 4, 1, ord("s"), 0, len(name)) + name + b"\0"
        header = struct.pack("<BBBBIII", ord("l"), 3, 1, 1, 0, 0xfffffff0, len(fields)) + fields
        return header + b"\0" * (-len(header) % 8)

    def server_seen(self, message):
        if not self.server_begun or message[1] not in (2, 3):
            return False
        at = message.find(b"\5\1u\0")
        reply = struct.unpack_from("<I" if message[:1] == b"l" else ">I", message, at + 4)[0]
        if reply == self.after:
            raise Cut
        return reply == self.drop


def listen():
    try:
        os.unlink(LISTEN)
    except OSError:
        pass
    s = socket.socket(socket.AF_UNIX)
    s.bind(LISTEN)
    os.chmod(LISTEN, 0o777)
    s.listen(64)
    return s, os.stat(LISTEN).st_ino


def step(server, pairs):
    readable, _, _ = select.select([server, *pairs], [], [], 0.05)
    for s in readable:
        if s is server:
            client, _ = server.accept()
            try:
                pair = (PostgresqlPair if KIND == "postgresql" else BusPair)(client)
            except OSError:
                client.close()
                continue
            pairs[pair.client] = pairs[pair.server] = pair
            continue
        pair = pairs.get(s)
        try:
            if pair:
                pair.from_client() if s is pair.client else pair.from_server()
        except (Cut, OSError):
            del pairs[pair.client], pairs[pair.server]
            pair.close()
    for pair in set(pairs.values()):
        try:
            pair.tick()
        except OSError:
            del pairs[pair.client], pairs[pair.server]
            pair.close()


def main():
    try:
        os.setgroups([grp.getgrnam("migrationd-worker").gr_gid])
    except KeyError:
        pass
    server, inode, pairs = None, 0, {}
    while True:
        try:
            # The directory is PostgreSQL's, and made anew with each start of it.
            if server is None or os.stat(LISTEN).st_ino != inode:
                if server:
                    server.close()
                server, inode = listen()
        except OSError:
            if server:
                server.close()
            server = None
        if server is None:
            select.select([], [], [], 0.05)
            for pair in set(pairs.values()):
                pair.close()
            pairs = {}
            continue
        step(server, pairs)


main()
