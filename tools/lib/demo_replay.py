# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo without root or netfilter: the same rules, by the same engine, over a capture that is made here."""

import json
import pathlib
import subprocess
import tempfile

import story
from harness import packets
from harness.packets import ACK, FIN, PSH, SYN

CLIENT, SERVER = "10.91.1.2", "10.91.2.2"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\nConnection: close\r\n\r\nhello from nginx\n"


def conversation(source_port: int, request: bytes, cut: int) -> list[bytes]:
    """The packets of one whole connection, the request in segments of `cut` bytes."""
    made: list[bytes] = []

    def add(from_client: bool, sequence: int, acknowledged: int, flags: int, payload: bytes = b"") -> None:
        ends = (CLIENT, SERVER) if from_client else (SERVER, CLIENT)
        ports = (source_port, 80) if from_client else (80, source_port)
        made.append(packets.ip(*ends, packets.tcp(*ends, *ports, sequence, acknowledged, flags, payload)))

    add(True, 1000, 0, SYN)
    add(False, 5000, 1001, SYN | ACK)
    add(True, 1001, 5001, ACK)
    for start in range(0, len(request), cut):
        add(True, 1001 + start, 5001, ACK | PSH, request[start : start + cut])
        add(False, 5001, 1001 + min(start + cut, len(request)), ACK)
    end = 1001 + len(request)
    add(False, 5001, end, ACK | PSH, ANSWER)
    add(True, end, 5001 + len(ANSWER), ACK | FIN)
    add(False, 5001 + len(ANSWER), end + 1, ACK | FIN)
    add(True, end + 1, 5002 + len(ANSWER), ACK)
    return made


def requests() -> list[tuple[str, bytes, int]]:
    """What each connection is, its request, and the size of its segments; ports count up from 40001."""
    exploit = story.exploit_request(SERVER)
    return [
        ("an ordinary request", story.plain_request(SERVER), 1460),
        ("an exploit in a header", exploit, 1460),
        (f"the same exploit in {len(exploit)} segments of one byte", exploit, 1),
        (f"a request for {story.ADMIN_PATH}", story.plain_request(SERVER, story.ADMIN_PATH), 1460),
    ]


def replay(binary: pathlib.Path, rules: pathlib.Path, capture: pathlib.Path) -> tuple[dict[int, dict], str]:
    """Blocked events by client port, and the summary."""
    done = subprocess.run(
        [binary, "replay", "--rules", rules, "--events", "-", capture],
        capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    blocked = {e["src_port"]: e for e in events if e.get("alert", {}).get("action") == "blocked"}
    return blocked, done.stderr.strip()


def show(binary: pathlib.Path) -> int:
    tell = story.Teller()
    with tempfile.TemporaryDirectory(prefix="nfsieve-demo-") as name:
        directory = pathlib.Path(name)
        capture, rules = directory / "traffic.pcap", directory / "rules.json"
        frames = [p for at, (_, request, cut) in enumerate(requests()) for p in conversation(40001 + at, request, cut)]
        capture.write_bytes(packets.pcap([(1_700_000_000 + n / 1000, frame) for n, frame in enumerate(frames)]))
        print(f"a capture of {len(frames)} packets, {len(requests())} connections from {CLIENT} to {SERVER}:80")

        story.write_rules(rules, story.LOG4SHELL)
        blocked, _ = replay(binary, rules, capture)
        for at, (what, _, _) in enumerate(requests()):
            tell.step(what)
            event = blocked.get(40001 + at)
            tell.outcome(event is not None, expected=at in (1, 2), detail=story.event_line(event) if event else "")

        tell.step("the rule file is edited, and the capture replayed")
        story.write_rules(rules, story.LOG4SHELL, story.NO_ADMIN)
        tell.show("added: " + json.dumps(story.NO_ADMIN))
        blocked, summary = replay(binary, rules, capture)
        event = blocked.get(40004)
        tell.outcome(event is not None, expected=True, detail=story.event_line(event) if event else "")

        tell.step("what was counted")
        tell.show(*summary.splitlines())
    return tell.end()
