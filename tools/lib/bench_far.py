# SPDX-License-Identifier: GPL-2.0-or-later
"""One upload over a long link: no queue, the accept-everything loop, nfsieve with 1,000 rules.

An upload, because nfsieve then stands before the bottleneck: all that is under way has passed it and is not yet
acknowledged, and it has to remember all of that.
"""

import contextlib
import dataclasses
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

import rounds
from harness import divert, link
from harness.daemon import AcceptAll, Daemon, cpu_seconds
from harness.far import FarServer, harm
from harness.made import made_rules

WARM_UP = 3  # seconds: the receiver lets its window grow for one or two


@dataclasses.dataclass
class Sample:
    gigabits: float
    cpu: float | None = None  # seconds of the program on the queues, for each second
    harm: dict[str, int] = dataclasses.field(default_factory=dict)


class Bench:
    def __init__(self, stack: contextlib.ExitStack, rtt_ms: float, seconds: float, queues: int) -> None:
        self.seconds, self.queues = seconds, f"0-{queues - 1}" if queues > 1 else "0"
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nfsieve-bench-")))
        self.plain, self.queued = FarServer(rtt_ms, queues=0), FarServer(rtt_ms, queues=queues)
        stack.callback(self.plain.close)
        stack.callback(self.queued.close)

    def measure(self, server: FarServer, process: subprocess.Popen | None) -> Sample:
        before, started = cpu_seconds(process) if process else 0.0, time.monotonic()
        rate = server.upload_rate(WARM_UP, self.seconds)
        used = (cpu_seconds(process) - before) / (time.monotonic() - started) if process else None
        return Sample(rate / 1e9, used)

    def no_queue(self) -> Sample:
        return self.measure(self.plain, None)

    def accept_all(self) -> Sample:
        loop = AcceptAll(self.queued.topology.gateway, self.queues)
        try:
            return self.measure(self.queued, loop.process)
        finally:
            loop.kill()

    def nfsieve(self) -> Sample:
        rules = {"rules": made_rules(1000)}
        daemon = Daemon(self.queued.topology.gateway, self.directory, rules, queues=self.queues)
        try:
            daemon.start(timeout=60)
            sample = self.measure(self.queued, daemon.process)
            sample.harm = harm(daemon.counters())
            return sample
        finally:
            daemon.kill()


def run(rtt_ms: float, round_count: int, seconds: float, queues: int) -> None:
    """Measures and prints the table."""
    with contextlib.ExitStack() as stack:
        bench = Bench(stack, rtt_ms, seconds, queues)
        print(
            f"kernel {platform.release()}, {os.cpu_count()} CPUs, {queues} queues; diverted by {divert.describe()};\n"
            f"{link.describe()}; 1 Gbit/s, round-trip time {rtt_ms:g} ms, CUBIC\n"
            f"medians of {round_count} interleaved rounds: {seconds:g} s of one upload after {WARM_UP} s\n"
        )
        started = time.monotonic()
        candidates = {
            "no queue": bench.no_queue,
            "accept everything": bench.accept_all,
            "nfsieve, 1,000 rules": bench.nfsieve,
        }
        print_table(rounds.run(candidates, round_count))
        print(f"\n{time.monotonic() - started:.0f} s")


def print_table(samples: dict[str, list[Sample]]) -> None:
    line = "{:<22}{:>10}{:>13}{:>13}{:>18}{:>10}"
    print(line.format("", "Gbit/s", "of no queue", "of the loop", "lowest - highest", "CPU"))
    middle = {name: statistics.median(s.gigabits for s in some) for name, some in samples.items()}
    for name, some in samples.items():
        low, high = min(s.gigabits for s in some), max(s.gigabits for s in some)
        cpu = [s.cpu for s in some if s.cpu is not None]
        print(
            line.format(
                name, f"{middle[name]:.3f}", f"{middle[name] / middle['no queue']:.3f}",
                f"{middle[name] / middle['accept everything']:.3f}", f"{low:.3f} - {high:.3f}",
                f"{statistics.median(cpu):.2f}" if cpu else "-",
            )
        )  # fmt: skip
    for name, some in samples.items():
        for sample in some:
            if sample.harm:
                print(f"{name}: {sample.harm}")
