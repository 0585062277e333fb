# SPDX-License-Identifier: GPL-2.0-or-later
"""Ordinary web traffic with no rules, 1,000 signatures and all of a set: a made capture with the engine alone, and
the same files through a gateway.

HTTP over keep-alive connections, segments of 1,460 bytes, in order, every second one acknowledged. Rounds are interleaved; what counts are ratios.
"""

import json
import os
import pathlib
import platform
import re
import resource
import statistics
import subprocess
import tempfile
import time

import bench_web_inline
import rounds
from harness.made import made_signatures
from harness.talk import Talk, write_capture
from harness.web import Web

CONNECTIONS = 40
REQUESTS = 25  # a connection


def make_capture(path: pathlib.Path) -> None:
    web = Web()
    packets = []
    for number in range(CONNECTIONS):
        talk = Talk(client_port=20000 + number).open()
        for _ in range(REQUESTS):
            wanted = web.pick()
            talk.say(web.request(wanted), side=0, cut=1460)
            answer = web.answer(wanted)
            for at in range(0, len(answer), 2 * 1460):  # the client acknowledges every second segment
                talk.say(answer[at:at + 2 * 1460], side=1, cut=1460)
                talk.send(0, 16)
        talk.send(0, 17)
        talk.send(1, 17)
        talk.send(0, 16)
        packets += talk.packets
    write_capture(path, packets)


class Bench:
    def __init__(self, directory: pathlib.Path, rules: list[str], depth: str | None) -> None:
        self.nfsieve = os.environ["NFSIEVE"]
        self.capture = directory / "web.pcap"
        make_capture(self.capture)
        made = directory / "made.rules"
        made.write_text(made_signatures(1000), encoding="utf-8")
        nothing = directory / "nothing.json"
        nothing.write_text('{"rules": []}', encoding="utf-8")
        self.config = directory / "config.json"
        self.settings = {"on_bad_rule": "skip", "cache": str(directory / "cache")} | ({"depth": depth} if depth else {})
        self.config.write_text(json.dumps(self.settings), encoding="utf-8")
        self.sets = {"no rules": [str(nothing)], "1,000 signatures": [str(made)]}
        if rules:
            self.sets["all rules"] = rules

    def measure(self, rules: list[str]) -> dict[str, float]:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        done = subprocess.run(
            [self.nfsieve, "replay", "--config", str(self.config), "--checksums", "ignore", "--rules", *rules, str(self.capture)],
            capture_output=True, text=True, check=True,
        )
        whole = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        line = re.search(r"bytes=(\d+) .*matches=(\d+) drops=0 .*time=([\d.]+)s", done.stderr)
        assert line, f"nothing of ordinary traffic is to be dropped: {done.stderr}"
        size, seconds = int(line[1]), float(line[3])
        return {
            "gigabits": size * 8 / seconds / 1e9,
            "matches": int(line[2]),
            "load": whole - seconds,
            "resident": after.ru_maxrss / 1024,  # of the largest child so far
            "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        }


def run(rules: list[str], round_count: int, seconds: float, depth: str | None, peer: str | None) -> None:
    """Measures and prints the table."""
    with tempfile.TemporaryDirectory(prefix="nfsieve-bench-") as name:
        bench = Bench(pathlib.Path(name), rules, depth)
        size = bench.capture.stat().st_size / 1e6
        print(
            f"kernel {platform.release()}, {os.cpu_count()} CPUs; replay on one of them of {CONNECTIONS * REQUESTS} requests "
            f"over {CONNECTIONS} connections, {size:.0f} MB, inspected {f'to {depth} a direction' if depth else 'whole'}\nmedians of {round_count} interleaved rounds\n"
        )
        samples = rounds.run(
            {name: (lambda chosen=chosen: bench.measure(chosen)) for name, chosen in bench.sets.items()}, round_count
        )
        print("{:<20}{:>10}{:>16}{:>10}{:>14}{:>16}".format("", "Gbit/s", "of no rules", "matches", "first load", "load, cached"))
        middle = {name: statistics.median(s["gigabits"] for s in some) for name, some in samples.items()}
        for name, some in samples.items():
            print(
                f"{name:<20}{middle[name]:>10.2f}{middle[name] / middle['no rules']:>16.2f}{some[0]['matches']:>10}"
                f"{some[0]['load']:>12.2f} s{statistics.median(s['load'] for s in some[1:] or some):>14.2f} s"
            )
        print(f"\nlargest resident memory: {max(s['resident'] for some in samples.values() for s in some):.0f} MiB")
        bench_web_inline.run(bench.sets, bench.settings, round_count, seconds, peer)
