# SPDX-License-Identifier: GPL-2.0-or-later
"""A server far away: a fast link, and a round-trip time that keeps many megabytes under way."""

import time

from . import bulk, divert
from .link import Link
from .topology import LAN, V4, WAN, Topology

GIGABIT = 1e9
SOCKET_BUFFER = 64 << 20  # what TCP may grow to: some times the rate by the round-trip time


class FarServer:
    """The link's queue holds what is under way at full rate, as a router's would."""

    def __init__(self, rtt_ms: float, *, queues: int, rate: float = GIGABIT, overfilled: bool = False) -> None:
        """`queues` 0: nothing is diverted. `rate` in bit/s. `overfilled`: a client begins with more than the link and
        its queue hold, so that some of it is lost for certain."""
        self._rtt = rtt_ms / 1000
        window = int(rate / 8 * self._rtt)
        self.topology = Topology(link=Link(delay_ms=rtt_ms / 2, rate=rate, queue_bytes=max(window, 1 << 20)))
        if queues:
            divert.install_gateway(self.topology.gateway, [LAN, WAN], queue_count=queues)
        for namespace in (self.topology.client, self.topology.server):
            namespace.sysctl("ipv4/tcp_rmem", f"4096 131072 {SOCKET_BUFFER}")
            namespace.sysctl("ipv4/tcp_wmem", f"4096 65536 {SOCKET_BUFFER}")
        # CUBIC's HyStart leaves slow start anywhere between 1 and 100 % of the window, by chance: begin with all of it.
        first = int(2.5 * window) if overfilled else window
        self.topology.client.run(
            "ip", "route", "change", "default", "via", V4.gateway_lan, "dev", "eth0", "congctl", "cubic",
            "initcwnd", str(max(10, first // 1448)),
        )  # fmt: skip
        self._sink = bulk.Sink(self.topology.server, V4.server)

    def upload_rate(self, warm_up: float, seconds: float) -> float:
        """Bit/s that the server acknowledges to one client once slow start is over. The link is empty afterwards, so
        that the next daemon does not see the end of this connection."""
        try:
            return bulk.steady_rate(self.topology.client, V4.server, self._sink.port, warm_up, seconds)
        finally:
            time.sleep(3 * self._rtt)

    def close(self) -> None:
        self._sink.close()
        self.topology.close()


def harm(counters: dict[str, int]) -> dict[str, int]:
    """Which counters say that a benign client's packets were dropped or passed by."""
    names = ("judged_drop", "conflicting", "queue_overruns")
    return {k: n for k, n in counters.items() if n and (k in names or k.startswith(("cause_", "uninspected_")))}
