# SPDX-License-Identifier: GPL-2.0-or-later
"""Web traffic through a gateway: nginx behind it, wrk before it, and one queue with different programs.

The files are those of the made capture, as they are (wrk asks for no compression); each request is for another one.
"""

import contextlib
import dataclasses
import pathlib
import statistics
import subprocess
import tempfile

import bench_wrk
import rounds
from harness import divert
from harness.daemon import AcceptAll, Daemon, Peer, cpu_seconds
from harness.nginx import Nginx
from harness.topology import LAN, V4, WAN, Topology
from harness.web import AGENTS, Web

CONNECTIONS = 16
HEADERS = '["User-Agent"] = "{agent}", ["Accept-Language"] = "en-US,en;q=0.5", ["Cookie"] = "session=" .. at'


@dataclasses.dataclass
class Sample:
    gigabits: float
    cpu_per_gigabyte: float  # of the program on the queue
    answers: int  # other than 200
    matches: int


class Bench:
    def __init__(
        self, stack: contextlib.ExitStack, sets: dict[str, list[str]], settings: dict, seconds: float
    ) -> None:
        self.sets, self.settings, self.seconds = sets, settings, seconds
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nfsieve-bench-")))
        self.directory.chmod(0o755)
        self.topology = Topology()
        stack.callback(self.topology.close)
        divert.install_gateway(self.topology.gateway, [LAN, WAN], queue_count=1)
        server = Nginx(self.topology.server, self.directory, (V4.server,))
        stack.callback(server.close)
        paths = []
        for number, resource in enumerate(Web().resources):
            name = f"{number}{pathlib.PurePosixPath(resource.path).suffix}"
            server.add_file(name, resource.body)
            paths.append(f"/files/{name}")
        self.script = self.directory / "paths.lua"
        self.script.write_text(bench_wrk.paths_script(paths, HEADERS.format(agent=AGENTS[0])), encoding="utf-8")

    def measure(self, process: subprocess.Popen, matches: int = 0) -> Sample:
        before = cpu_seconds(process)
        answers = bench_wrk.run(self.topology.client, CONNECTIONS, self.seconds, "-s", str(self.script))
        used = cpu_seconds(process) - before
        gigabytes = answers.size / 1e9
        return Sample(gigabytes * 8 / answers.seconds, used / gigabytes, answers.refused, matches)

    def accept_all(self) -> Sample:
        loop = AcceptAll(self.topology.gateway, "0")
        try:
            return self.measure(loop.process)
        finally:
            loop.kill()

    def peer(self, command: str) -> Sample:
        other = Peer(self.topology.gateway, command, 1)
        try:
            return self.measure(other.process)
        finally:
            other.kill()

    def nfsieve(self, name: str) -> Sample:
        place = self.directory / name.replace(" ", "-")
        place.mkdir(exist_ok=True)
        configuration = self.settings | {"rules": self.sets[name]}
        daemon = Daemon(self.topology.gateway, place, {"rules": []}, queues="0", configuration=configuration)
        try:
            daemon.start(timeout=60)
            sample = self.measure(daemon.process)
            sample.matches = daemon.counters()["matches"]
            return sample
        finally:
            daemon.kill()


def run(sets: dict[str, list[str]], settings: dict, round_count: int, seconds: float, peer: str | None) -> None:
    """Measures and prints the table. `peer`: the command of another program for queue 0."""
    with contextlib.ExitStack() as stack:
        bench = Bench(stack, sets, settings, seconds)
        candidates = {"accept everything": bench.accept_all}
        candidates |= {f"nfsieve, {name}": (lambda name=name: bench.nfsieve(name)) for name in sets}
        if peer:
            candidates["peer"] = lambda: bench.peer(peer)
        samples = rounds.run(candidates, round_count)
    print(
        f"\nthe same files through a gateway, diverted by {divert.describe()}: one queue, {CONNECTIONS} connections, "
        f"medians of {round_count} interleaved rounds of {seconds:g} s\n"
    )
    print("{:<28}{:>10}{:>14}{:>12}{:>10}".format("", "Gbit/s", "of the loop", "CPU s/GB", "matches"))

    def middle(name: str, field: str) -> float:
        return statistics.median(getattr(sample, field) for sample in samples[name])

    for name in samples:
        ratio = middle(name, "gigabits") / middle("accept everything", "gigabits")
        print(
            f"{name:<28}{middle(name, 'gigabits'):>10.2f}{ratio:>14.2f}{middle(name, 'cpu_per_gigabyte'):>12.3f}"
            f"{samples[name][0].matches:>10}"
        )
        refused = sum(sample.answers for sample in samples[name])
        if refused:
            print(f"    {refused} answers other than 200")
