# SPDX-License-Identifier: GPL-2.0-or-later
"""Downloads of real text and real binary data over several connections, every byte inspected.

All the while somebody asks for a file that a rule is about, over one new connection after the other: it never arrives
where the rule is in force, and always where there is none.
"""

import random
import socket
import threading
import time

import bench_wrk
from bench_gateway import BenchFailed, Gateway, Program
from bench_table import Column, Sample
from harness.contents import real_binary, real_text
from harness.daemon import cpu_seconds
from harness.made import made_rules
from harness.topology import V4

CONNECTIONS = 16
SIZES = [(64 << 10) << step for step in range(7)]  # 64 KB to 4 MB
HALF = 32 << 10  # of the forbidden file, before and behind what the rule is about
PAUSE = 0.1  # seconds between two attempts: they are no load where they succeed
SILENCE = 0.2  # seconds without a byte, after which a file that began to come does not go on
PATIENCE = 3.0  # until the first byte


class Files:
    name = "files"
    offload = True
    columns = (Column("files", "Gbit/s", 1), Column("files CPU", "s/GB", 3))

    def __init__(self, gateways: list[Gateway], seconds: float) -> None:
        self._seconds = seconds
        paths = []
        text, binary = real_text(sum(SIZES)), real_binary(sum(SIZES))
        self._half = text[:HALF]
        for kind, content in (("text", text), ("binary", binary)):
            at = 0
            for size in SIZES:
                for gateway in gateways:
                    gateway.web.add_file(f"{kind}-{size}", content[at:at + size])
                at += size
                paths += [f"/files/{kind}-{size}"] * max(1, (1 << 20) // size)
        random.Random(1).shuffle(paths)
        self._paths = paths

    def measure(self, gateway: Gateway, program: Program) -> Sample:
        rate, cost = self.columns
        script = gateway.directory / "paths.lua"
        script.write_text(bench_wrk.paths_script(self._paths), encoding="utf-8")
        literal = made_rules(program.rules or 1)[0]["match"]["payload"]["contains"].encode()
        gateway.web.add_file("forbidden", self._half + literal + self._half)
        before = cpu_seconds(program.process) if program.process else None
        thief = Thief(gateway, literal, blocked=program.rules > 0)
        answers = bench_wrk.run(gateway.topology.client, CONNECTIONS, self._seconds, "-s", str(script))
        used = None if before is None else cpu_seconds(program.process) - before
        thief.stop()
        check(thief, program)
        if answers.refused:
            raise BenchFailed(f"{answers.refused} requests for files were refused")
        sample = {rate.name: answers.size * 8 / answers.seconds / 1e9}
        if used is not None:
            sample[cost.name] = used / (answers.size / 1e9)
        return sample


class Thief:
    """Asks for the forbidden file until told to stop."""

    def __init__(self, gateway: Gateway, literal: bytes, *, blocked: bool) -> None:
        self.tried = self.stolen = 0
        self._gateway, self._literal, self._blocked = gateway, literal, blocked
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while self.tried == 0 or not self._stop.wait(PAUSE):
            received = self._ask()
            self.stolen += self._literal in received
            self.tried += 1

    def _ask(self) -> bytes:
        received = b""
        with self._gateway.topology.client.socket(socket.AF_INET) as sock:
            sock.settimeout(PATIENCE)
            try:
                sock.connect((V4.server, 80))
                sock.sendall(b"GET /files/forbidden HTTP/1.1\r\nHost: files.example\r\nConnection: close\r\n\r\n")
                while data := sock.recv(1 << 16):
                    received += data
                    if self._blocked:
                        sock.settimeout(SILENCE)
            except OSError:  # it does not come, or no further
                pass
        return received


def check(thief: Thief, program: Program) -> None:
    if not program.rules:
        if thief.stolen != thief.tried:
            raise BenchFailed(f"{thief.tried - thief.stolen} of {thief.tried} files that no rule is about did not arrive")
        return
    if thief.stolen:
        raise BenchFailed(f"{thief.stolen} of {thief.tried} matching payloads were let through, by {program.rules} rules")
    deadline = time.monotonic() + 2
    while (matches := program.daemon.counters()["matches"]) < thief.tried:
        if time.monotonic() > deadline:
            raise BenchFailed(f"{thief.tried} matching payloads were asked for, and {matches} matched")
