# SPDX-License-Identifier: GPL-2.0-or-later
"""Bulk transfer and requests a second through one gateway, with different programs on its queues.

Absolute figures vary from run to run on a shared machine; the rounds of all candidates are interleaved, and what
counts are the ratios of their medians.
"""

import argparse
import contextlib
import dataclasses
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))

import bench_far  # noqa: E402
import bench_web  # noqa: E402
import building  # noqa: E402
import rounds  # noqa: E402
from harness import bulk, divert, tap  # noqa: E402
from harness.daemon import AcceptAll, Daemon, cpu_seconds  # noqa: E402
from harness.made import made_rules  # noqa: E402
from harness.nginx import Nginx  # noqa: E402
from harness.topology import LAN, V4, WAN, Topology  # noqa: E402

WEB_CONNECTIONS = 32
PROGRAMS = {
    "NFSIEVE": "nfsieve",
    "NFSIEVE_ACCEPT_ALL": "tests/bench/accept_all",
    "NFSIEVE_LINK_EMULATOR": "tests/links/link_emulator",
}


@dataclasses.dataclass
class Sample:
    gigabits: float
    cpu_per_gigabyte: float | None  # of the program on the queues
    requests: float


class Bench:
    def __init__(self, stack: contextlib.ExitStack, seconds: float, queues: int) -> None:
        self.seconds, self.queues = seconds, f"0-{queues - 1}" if queues > 1 else "0"
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nfsieve-bench-")))
        self.directory.chmod(0o755)
        self.queued, self.plain = Topology(), Topology()
        divert.install_gateway(self.queued.gateway, [LAN, WAN], queue_count=queues)
        for topology, name in ((self.queued, "queued"), (self.plain, "plain")):
            stack.callback(topology.close)
            web = self.directory / name
            web.mkdir()
            stack.callback(Nginx(topology.server, web, (V4.server,)).close)
            sink = bulk.Sink(topology.server, V4.server)
            stack.callback(sink.close)
            setattr(self, f"{name}_sink", sink)

    def measure(self, topology: Topology, sink: "bulk.Sink", process: subprocess.Popen | None) -> Sample:
        before = cpu_seconds(process) if process else 0.0
        sent, took = bulk.send(topology.client, V4.server, sink.port, self.seconds)
        used = cpu_seconds(process) - before if process else None
        return Sample(
            gigabits=sent * 8 / took / 1e9,
            cpu_per_gigabyte=used / (sent / 1e9) if used is not None else None,
            requests=self.requests_a_second(topology),
        )

    def requests_a_second(self, topology: Topology) -> float:
        done = topology.client.run(
            "wrk", "-t1", f"-c{WEB_CONNECTIONS}", f"-d{max(1, round(self.seconds))}s", f"http://{V4.server}/"
        )
        line = next(line for line in done.stdout.splitlines() if line.startswith("Requests/sec:"))
        return float(line.split()[1])

    def no_queue(self) -> Sample:
        return self.measure(self.plain, self.plain_sink, None)

    def accept_all(self) -> Sample:
        loop = AcceptAll(self.queued.gateway, self.queues)
        try:
            return self.measure(self.queued, self.queued_sink, loop.process)
        finally:
            loop.kill()

    def nfsieve(self, rules: int, binary: str | None = None) -> Sample:
        place = self.directory / f"rules-{rules}"
        place.mkdir(exist_ok=True)
        daemon = Daemon(self.queued.gateway, place, {"rules": made_rules(rules)}, queues=self.queues, binary=binary)
        try:
            daemon.start(timeout=60)
            return self.measure(self.queued, self.queued_sink, daemon.process)
        finally:
            daemon.kill()


def print_table(samples: dict[str, list[Sample]]) -> None:
    heads = ("", "Gbit/s", "of no queue", "of the loop", "CPU s/GB", "requests/s", "of no queue", "of the loop")
    print(("{:<22}" + "{:>13}" * 7).format(*heads))

    def middle(name: str, field: str) -> float | None:
        values = [getattr(sample, field) for sample in samples[name]]
        return statistics.median(values) if None not in values else None

    for name in samples:
        cells: list[str] = []
        for field, form in (("gigabits", "{:.2f}"), ("requests", "{:.0f}")):
            value = middle(name, field)
            cells.append(form.format(value))
            for base in ("no queue", "accept everything"):
                cells.append(f"{value / middle(base, field):.2f}")
            if field == "gigabits":
                cpu = middle(name, "cpu_per_gigabyte")
                cells.append("-" if cpu is None else f"{cpu:.3f}")
        print(("{:<22}" + "{:>13}" * 7).format(name, *cells))


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, help="of each transfer and each request run (2; with --rtt 5)")
    parser.add_argument("--queues", type=int, default=2)
    parser.add_argument("--than", metavar="BINARY", help="beside it: another release of nfsieve, with 1,000 rules")
    parser.add_argument("--web", action="store_true", help="instead: web traffic and Suricata rules, the engine alone and inline")
    parser.add_argument("--rules", nargs="+", default=[], metavar="FILE", help="with --web: a whole set, beside made rules")
    parser.add_argument("--rtt", type=float, metavar="MS", help="instead: a 1 Gbit/s link with this round-trip time")
    options = parser.parse_args()
    tap.interrupt_on_signals()
    try:
        building.prepare(building.RELEASE, *PROGRAMS.values(), quiet=True)
        for variable, program in PROGRAMS.items():
            os.environ.setdefault(variable, str(building.RELEASE.directory / program))
        if options.web:
            bench_web.run(options.rules, options.rounds, options.seconds or 2)
            return 0
        if options.rtt is not None:
            bench_far.run(options.rtt, options.rounds, options.seconds or 5, options.queues)
            return 0
        options.seconds = options.seconds or 2
        with contextlib.ExitStack() as stack:
            bench = Bench(stack, options.seconds, options.queues)
            print(
                f"kernel {platform.release()}, {os.cpu_count()} CPUs, {options.queues} queues; diverted by "
                f"{divert.describe()}\nmedians of {options.rounds} interleaved rounds of {options.seconds:g} s; "
                f"bulk: one TCP connection; requests: nginx, {WEB_CONNECTIONS} keep-alive connections\n"
            )
            started = time.monotonic()
            candidates = {
                "no queue": bench.no_queue,
                "accept everything": bench.accept_all,
                "nfsieve, no rules": lambda: bench.nfsieve(0),
                "nfsieve, 100 rules": lambda: bench.nfsieve(100),
                "nfsieve, 1,000 rules": lambda: bench.nfsieve(1000),
            }
            if options.than:
                candidates["other, 1,000 rules"] = lambda: bench.nfsieve(1000, options.than)
            print_table(rounds.run(candidates, options.rounds))
            print(f"\n{time.monotonic() - started:.0f} s")
        return 0
    except building.BuildFailed as error:
        print(f"The build failed: {error}")
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; everything is cleaned up.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
