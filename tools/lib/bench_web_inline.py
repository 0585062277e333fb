# SPDX-License-Identifier: GPL-2.0-or-later
"""Web traffic through a gateway: nginx behind it, wrk before it, and one queue with different programs; in the clear and
over TLS.

The files are those of the made capture, as they are (wrk asks for no compression); each request is for another one.
"""

import contextlib
import dataclasses
import functools
import pathlib
import statistics
import subprocess
import tempfile
from collections.abc import Callable

import bench_wrk
import rounds
from harness import divert
from harness.daemon import AcceptAll, Daemon, Peer, cpu_seconds
from harness.nginx import Nginx
from harness.tls import make_certificate
from harness.topology import LAN, V4, WAN, Topology
from harness.web import AGENTS, Web

CONNECTIONS = 16
HEADERS = '["User-Agent"] = "{agent}", ["Accept-Language"] = "en-US,en;q=0.5", ["Cookie"] = "session=" .. at'
NO_QUEUE, FLOOR = "no queue", "accept everything"
SCHEMES = {"http": "the same files through a gateway", "https": "the same over TLS"}


@dataclasses.dataclass
class Sample:
    gigabits: float
    cpu_per_gigabyte: float  # of the program on the queue; 0: there is none
    answers: int  # other than 200
    queued: float  # part of the packets that came to the queue
    matches: int = 0


class Gateway:
    """A web server behind it. Without `diverted` no packet goes to a queue."""

    def __init__(self, stack: contextlib.ExitStack, directory: pathlib.Path, diverted: bool) -> None:
        directory.mkdir()
        directory.chmod(0o755)
        self.diverted = diverted
        self.topology = Topology()
        stack.callback(self.topology.close)
        if diverted:
            divert.install_gateway(self.topology.gateway, [LAN, WAN], queue_count=1)
        server = Nginx(self.topology.server, directory, (V4.server,), certificate=make_certificate(directory, "www.example"))
        stack.callback(server.close)
        paths = []
        for number, resource in enumerate(Web().resources):
            name = f"{number}{pathlib.PurePosixPath(resource.path).suffix}"
            server.add_file(name, resource.body)
            paths.append(f"/files/{name}")
        self.script = directory / "paths.lua"
        self.script.write_text(bench_wrk.paths_script(paths, HEADERS.format(agent=AGENTS[0])), encoding="utf-8")

    def packets(self) -> tuple[int, int]:
        """How many came to the queue, and how many did not because their connection was done."""
        if not self.diverted:
            return 0, 0
        diverted, offloaded = (divert.packets(self.topology.gateway, name) for name in ("diverted", "offloaded"))
        return diverted, offloaded


class Bench:
    def __init__(
        self, stack: contextlib.ExitStack, sets: dict[str, list[str]], settings: dict, seconds: float
    ) -> None:
        self.sets, self.settings, self.seconds = sets, settings, seconds
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nfsieve-bench-")))
        self.directory.chmod(0o755)
        self.plain = Gateway(stack, self.directory / "plain", False)
        self.queued = Gateway(stack, self.directory / "queued", True)

    def measure(self, gateway: Gateway, scheme: str, process: subprocess.Popen | None = None) -> Sample:
        cpu, packets = cpu_seconds(process) if process else 0, gateway.packets()
        answers = bench_wrk.run(
            gateway.topology.client, CONNECTIONS, self.seconds, "-s", str(gateway.script), scheme=scheme
        )
        used = cpu_seconds(process) - cpu if process else 0
        queued, passed = (after - before for before, after in zip(packets, gateway.packets()))
        gigabytes = answers.size / 1e9
        share = queued / max(queued + passed, 1)
        return Sample(gigabytes * 8 / answers.seconds, used / gigabytes, answers.refused, share)

    def no_queue(self, scheme: str) -> Sample:
        return self.measure(self.plain, scheme)

    def accept_all(self, scheme: str) -> Sample:
        loop = AcceptAll(self.queued.topology.gateway, "0")
        try:
            return self.measure(self.queued, scheme, loop.process)
        finally:
            loop.kill()

    def peer(self, command: str, scheme: str) -> Sample:
        other = Peer(self.queued.topology.gateway, command, 1)
        try:
            return self.measure(self.queued, scheme, other.process)
        finally:
            other.kill()

    def nfsieve(self, name: str, scheme: str) -> Sample:
        place = self.directory / name.replace(" ", "-")
        place.mkdir(exist_ok=True)
        configuration = self.settings | {"rules": self.sets[name]}
        gateway = self.queued.topology.gateway
        daemon = Daemon(gateway, place, {"rules": []}, queues="0", configuration=configuration)
        try:
            daemon.start(timeout=60)
            sample = self.measure(self.queued, scheme, daemon.process)
            sample.matches = daemon.counters()["matches"]
            return sample
        finally:
            daemon.kill()


def run(sets: dict[str, list[str]], settings: dict, round_count: int, seconds: float, peer: str | None) -> None:
    """Measures and prints the tables. `peer`: the command of another program for queue 0."""
    with contextlib.ExitStack() as stack:
        bench = Bench(stack, sets, settings, seconds)
        programs: dict[str, Callable[[str], Sample]] = {NO_QUEUE: bench.no_queue, FLOOR: bench.accept_all}
        programs |= {f"nfsieve, {name}": functools.partial(bench.nfsieve, name) for name in sets}
        if peer:
            programs["peer"] = functools.partial(bench.peer, peer)
        candidates = {
            (scheme, name): functools.partial(program, scheme) for scheme in SCHEMES for name, program in programs.items()
        }
        samples = rounds.run(candidates, round_count)
    for scheme, title in SCHEMES.items():
        print(
            f"\n{title}, diverted by {divert.describe()}: one queue, {CONNECTIONS} connections, medians of "
            f"{round_count} interleaved rounds of {seconds:g} s\n"
        )
        print_table({name: samples[scheme, name] for name in programs})


def print_table(samples: dict[str, list[Sample]]) -> None:
    heads = ("", "Gbit/s", "of no queue", "of the loop", "CPU s/GB", "queued", "matches")
    print(("{:<28}{:>10}" + "{:>14}" * 2 + "{:>12}" + "{:>10}" * 2).format(*heads))

    def middle(name: str, field: str) -> float:
        return statistics.median(getattr(sample, field) for sample in samples[name])

    for name in samples:
        speed = middle(name, "gigabits")
        of_none, of_loop = (speed / middle(other, "gigabits") for other in (NO_QUEUE, FLOOR))
        print(
            f"{name:<28}{speed:>10.2f}{of_none:>14.2f}{of_loop:>14.2f}{middle(name, 'cpu_per_gigabyte'):>12.3f}"
            f"{middle(name, 'queued'):>10.1%}{samples[name][0].matches:>10}"
        )
        refused = sum(sample.answers for sample in samples[name])
        if refused:
            print(f"    {refused} answers other than 200")
