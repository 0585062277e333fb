# SPDX-License-Identifier: GPL-2.0-or-later
"""What loads run through: gateways with servers behind them, and the programs on their queues."""

import contextlib
import dataclasses
import pathlib
import re
import subprocess

from harness import bulk, divert
from harness.daemon import AcceptAll, Daemon, Peer, find_binary
from harness.nginx import Nginx
from harness.topology import LAN, V4, WAN, Topology


class BenchFailed(RuntimeError):
    """What was measured did not do what it is for; the message says what."""


# What an operator's own rules do, and what the kernel must do for any connection that it is to know again.
FIREWALL = """table inet firewall {
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        ct state new meta l4proto tcp accept
    }
}
"""


class Gateway:
    """One way from a client to a server: nginx, a sink and an echo. `queues` 0: nothing is diverted. `stateful`: a
    firewall follows the connections. Without `offload` packets are as long as on a wire."""

    def __init__(self, stack: contextlib.ExitStack, directory: pathlib.Path, offload: bool, *, queues: int = 0,
                 stateful: bool = False) -> None:  # fmt: skip
        directory.mkdir()
        directory.chmod(0o755)
        self.directory = directory
        self.topology = Topology(offload=offload)
        stack.callback(self.topology.close)
        self.queues = queues
        if queues:
            divert.install_gateway(self.topology.gateway, [LAN, WAN], queue_count=queues)
        if stateful:
            self.topology.gateway.run("nft", "-f", "-", text_input=FIREWALL)
        if queues or stateful:
            # Connections that are over need not fill the table of those that are to come.
            self.topology.gateway.sysctl("netfilter/nf_conntrack_tcp_timeout_time_wait", "5")
        self.web = Nginx(self.topology.server, directory, (V4.server,))
        stack.callback(self.web.close)
        self.sink = bulk.Sink(self.topology.server, V4.server)
        stack.callback(self.sink.close)
        self.echo = Echo(self.topology)
        stack.callback(self.echo.close)

    def packets(self) -> tuple[int, int]:
        """How many came to the queues so far, and how many the kernel forwarded by itself, known by their connection's mark."""
        counted = (divert.packets(self.topology.gateway, name) for name in ("diverted", "offloaded"))
        return next(counted), next(counted)

    def client(self, *command: str) -> str:
        """What a program at the client says."""
        return self.topology.client.run(*command).stdout


class Echo:
    """The server's end of the ping-pong."""

    def __init__(self, topology: Topology) -> None:
        self.program = find_binary("NFSIEVE_PING_PONG", "tests/bench/ping_pong")
        self._process = topology.server.start([self.program, "--serve", V4.server], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclasses.dataclass
class Program:
    """What answers on a gateway's queues while it is measured."""

    process: subprocess.Popen | None = None  # None: there is no queue
    daemon: Daemon | None = None
    rules: int = 0

    def peak_memory(self) -> float:
        """Resident, in MiB."""
        assert self.process is not None
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s*(\d+) kB", status)
        assert found
        return int(found[1]) / 1024


@contextlib.contextmanager
def no_program(_gateway: Gateway):
    yield Program()


@contextlib.contextmanager
def accept_all(gateway: Gateway, queues: str):
    loop = AcceptAll(gateway.topology.gateway, queues)
    try:
        yield Program(loop.process)
    finally:
        loop.kill()


@contextlib.contextmanager
def peer_program(gateway: Gateway, command: str):
    other = Peer(gateway.topology.gateway, command, gateway.queues)
    try:
        yield Program(other.process)
    finally:
        other.kill()


@contextlib.contextmanager
def nfsieve(gateway: Gateway, place: pathlib.Path, rules: list[dict], queues: str, binary: str | None = None,
            settings: dict | None = None):  # fmt: skip
    """`place` keeps the compiled rules for the next round; `settings` go into the configuration."""
    place.mkdir(exist_ok=True)
    cache = {} if binary else {"cache": str(place / "cache")}  # another release may not know the key
    daemon = Daemon(
        gateway.topology.gateway, place, {"rules": rules}, queues=queues, binary=binary,
        configuration=cache | (settings or {}),
    )  # fmt: skip
    try:
        daemon.start(timeout=60)
        yield Program(daemon.process, daemon, len(rules))
    finally:
        daemon.kill()
