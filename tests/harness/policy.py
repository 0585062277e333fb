# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the policy tests: a daemon with one policy chosen, what reached the server's link, counters and events."""

import select
import socket

from . import packets
from .case import DROP_EVIL, GatewayCase
from .daemon import Daemon
from .raw_client import ETH_P_ALL, RawClient
from .topology import V4, Family, Topology
from .traffic import wait_until


SO_RCVBUFFORCE = 33  # asm-generic/socket.h


class Arrivals:
    """The ghost's TCP segments that reach the server's link, whatever the server makes of them."""

    def __init__(self, topology: Topology, family: Family = V4) -> None:
        self._family = family
        self._seen: list[packets.Segment] = []
        self._sock = topology.server.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self._sock.bind(("eth0", ETH_P_ALL))

    def close(self) -> None:
        self._sock.close()

    def seen(self) -> list[packets.Segment]:
        while select.select([self._sock], [], [], 0)[0]:
            segment = packets.parse_frame(self._sock.recv(1 << 17))
            if segment is not None and segment.source == self._family.ghost:
                self._seen.append(segment)
        return self._seen

    def forget(self) -> None:
        """What has come so far counts no more."""
        self.seen().clear()

    def wait(self, count: int = 1, timeout: float = 5) -> bool:
        return wait_until(lambda: len(self.seen()) >= count, timeout)


class PolicyCase(GatewayCase):
    """One queue, so that every packet meets the same worker and the same caps."""

    queue_count = 1

    def policy_daemon(self, key: str, policy: str | None = None, *, rules: dict = DROP_EVIL, **configuration) -> Daemon:
        """A daemon with `on.key` set to `policy`; None leaves the default."""
        chosen = {} if policy is None else {"on": {key: policy}}
        return self.daemon(rules, queues="0", configuration=chosen | configuration)

    def raw(self, port: int = 9, family: Family = V4) -> RawClient:
        client = RawClient(self.topology, family, port)
        self.addCleanup(client.close)
        return client

    def arrivals(self, family: Family = V4) -> Arrivals:
        arrivals = Arrivals(self.topology, family)
        self.addCleanup(arrivals.close)
        return arrivals

    def connect(self, client: RawClient) -> Arrivals:
        """The handshake; returns what reaches the server's link after its last packet, however late that comes."""
        arrivals = self.arrivals()
        client.connect()
        self.assertTrue(arrivals.wait(2), "the handshake's last packet does not arrive")
        arrivals.forget()
        return arrivals

    def wait_counted(self, name: str, least: int = 1, timeout: float = 10) -> dict[str, int]:
        """The counters, once `name` has reached `least`."""
        found: dict[str, int] = {}

        def reached() -> bool:
            found.update(self.running.counters())
            return found[name] >= least

        self.assertTrue(wait_until(reached, timeout, 0.1), f"{name} is {found.get(name)}, not {least}")
        return found

    def assert_dropped(self, key: str) -> None:
        """The cause came up and has its event, and nothing passed for it."""
        counters = self.wait_counted("cause_" + key)
        self.assertEqual(counters.get("uninspected_" + key, 0), 0)
        self.assert_event(key, "drop")

    def assert_passed(self, key: str) -> None:
        """The cause came up and has its event, and what passed for it is counted so."""
        self.wait_counted("cause_" + key)
        self.wait_counted("uninspected_" + key)
        self.assert_event(key, "accept")

    def assert_event(self, key: str, action: str) -> None:
        def found() -> list[dict]:
            return [e for e in self.running.events("anomaly") if e["anomaly"]["event"] == key]

        self.assertTrue(wait_until(lambda: bool(found())), f"no event {key}")
        self.assertEqual(found()[0]["nfsieve"]["action"], action)

    def assert_stays(self, read, expected, timeout: float = 0.5) -> None:
        """`read()` is `expected` and remains so for `timeout` seconds."""
        wait_until(lambda: read() != expected, timeout)
        self.assertEqual(read(), expected)
