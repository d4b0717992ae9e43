#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of the REST gateway in Python's standard library: nothing of the project's, as somebody else would write it.

rest-client.py [OPTIONS] run NAME DOCUMENT [KEY=VALUE...]    store a plan, run it, follow its report to the end
rest-client.py [OPTIONS] cancel REPORT-HREF STEP             wait for the middle of that step, cancel, follow to the end
rest-client.py [OPTIONS] walk HREF                           a list from page to page, two at a time

The last line that it prints is the report's href and state, or the number of results. Exit status 0: as expected.
"""

import argparse
import base64
import http.client
import json
import select
import socket
import ssl
import sys
import time
import urllib.parse

API = "/pulp/api/v3"
FINAL = ("completed", "failed", "canceled", "skipped")
DEADLINE_SECONDS = 240


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    def __init__(self, arguments):
        self.headers = {}
        if arguments.user:
            self.headers["Authorization"] = "Basic " + base64.b64encode(arguments.user.encode()).decode()
        if arguments.token:
            self.headers["Authorization"] = "Bearer " + arguments.token
        url = urllib.parse.urlsplit(arguments.url or "")
        if url.scheme == "https":
            context = ssl.create_default_context(cafile=arguments.cafile)
            self.connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=60, context=context)
        elif url.scheme == "http":
            self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        else:
            self.connection = UnixConnection(arguments.socket)
        self.migration = arguments.migration
        self.record = open(arguments.record, "a", encoding="utf-8") if arguments.record else None

    def ask(self, method, path, body=None, wanted=200):
        """One request; the answer's JSON. All go over one connection, which http.client makes again when it was closed."""
        headers = dict(self.headers)
        data = None
        if body is not None:
            data = json.dumps(body)
            headers["Content-Type"] = "application/json"
        self.connection.request(method, path, data, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        if self.record:
            json.dump({"method": method, "path": path, "status": response.status, "type": response.headers["Content-Type"],
                       "request": data, "body": text}, self.record)
            self.record.write("\n")
            self.record.flush()
        if response.status != wanted:
            sys.exit(f"{method} {path}: {response.status} {response.reason}: {text[:300]}")
        location = response.headers["Location"]
        return (json.loads(text) if text else None), location

    def follow(self, href, until):
        """The report, again and again, until that is true of it; each state is printed once."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        shown = None
        while True:
            report, _ = self.ask("GET", href)
            steps = [f"{step['code']} {step['state']} {step['done']}/{step['total']}" for step in report["progress_reports"]]
            line = f"{report['state']}: {', '.join(steps)}"
            if line != shown:
                print(line, flush=True)
                shown = line
            if until(report):
                return report
            if time.monotonic() > deadline:
                sys.exit(f"{href}: nothing came of it within {DEADLINE_SECONDS} s: {line}")
            select.select([], [], [], 0.1)


def path_of(href):
    """Lists give absolute URLs, this client stays on its connection."""
    url = urllib.parse.urlsplit(href)
    return url.path + ("?" + url.query if url.query else "")


def run(client, name, document, *options):
    wanted = {"name": name, "plan": json.loads(document)}
    if client.migration:
        wanted["migration"] = client.migration
    plan, location = client.ask("POST", API + "/migration-plans/", wanted, 201)
    if path_of(location) != plan["pulp_href"]:
        sys.exit(f"Location {location}, pulp_href {plan['pulp_href']}")
    if plan["plan"] != json.loads(document):
        sys.exit(f"the plan came back as {plan['plan']}")
    body = {key: json.loads(value) for key, _, value in (option.partition("=") for option in options)}
    started, location = client.ask("POST", plan["pulp_href"] + "run/", body, 202)
    if path_of(location) != started["migration_report"]:
        sys.exit(f"Location {location}, migration_report {started['migration_report']}")
    report = client.follow(started["migration_report"], lambda seen: seen["state"] in FINAL)
    if report["migration_plan"] != plan["pulp_href"]:
        sys.exit(f"the report is of {report['migration_plan']}, not of {plan['pulp_href']}")
    # Each task that the report names can be asked for, and says the same.
    for step in report["progress_reports"]:
        for href in step["task"][:3]:
            task, _ = client.ask("GET", href)
            if task["migration_report"] != report["pulp_href"]:
                sys.exit(f"{href} is of {task['migration_report']}")
    print(report["pulp_href"], report["state"])


def cancel(client, href, step):
    def in_the_middle(report):
        if report["state"] in FINAL:
            sys.exit(f"{href} is {report['state']} before the middle of {step}")
        return any(s["code"] == step and s["state"] == "running" and 0 < s["done"] < s["total"]
                   for s in report["progress_reports"])

    client.follow(href, in_the_middle)
    report, _ = client.ask("PATCH", href, {"state": "cancel"}, 202)
    if report["state"] != "canceling":
        sys.exit(f"PATCH answered with state {report['state']}")
    report = client.follow(href, lambda seen: seen["state"] != "canceling")
    left, _ = client.ask("GET", f"{API}/tasks/?migration_report={urllib.parse.quote(href)}&state__in=running,waiting,canceling")
    if left["count"] != 0:
        sys.exit(f"{left['count']} tasks are not at an end")
    print(report["pulp_href"], report["state"])


def walk(client, href):
    seen = []
    page = href + ("&" if "?" in href else "?") + "limit=2"
    while page:
        answer, _ = client.ask("GET", path_of(page))
        seen += [item["pulp_href"] for item in answer["results"]]
        if answer["count"] < len(seen) or not answer["results"] and answer["next"]:
            sys.exit(f"{page}: {len(seen)} of {answer['count']} seen")
        page = answer["next"]
    if len(set(seen)) != len(seen) or len(seen) != answer["count"]:
        sys.exit(f"{len(seen)} results, {len(set(seen))} of them different, and the count says {answer['count']}")
    print(len(seen))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", default="/run/migrationd-rest/api.socket")
    for option in ("--url", "--user", "--token", "--cafile", "--record", "--migration"):
        parser.add_argument(option)
    parser.add_argument("command", choices=("run", "cancel", "walk"))
    parser.add_argument("words", nargs="+")
    arguments = parser.parse_args()
    {"run": run, "cancel": cancel, "walk": walk}[arguments.command](Client(arguments), *arguments.words)


main()
