# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the entries are played: real receivers behind a gateway, many attackers at the same time."""

import itertools
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from harness.topology import V4, V6, Family, Topology

from .attacker import Attacker, Way
from .entry import DECOY, HARMLESS, PATTERN, Entry
from .receivers import RECEIVERS, SHARED, Receiver

AT_ONCE = 8
TAKES_DATA_WITHOUT_COOKIE = 0x203  # Documentation/networking/ip-sysctl.rst, tcp_fastopen

# What a second router would do, one hop further: end the life of what comes with a TTL of 1.
NEXT_HOP = """table inet next_hop {
  chain arriving { type filter hook prerouting priority raw; ip ttl 1 drop; ip6 hoplimit 1 ip6 nexthdr tcp drop; }
}"""


class Played:
    """One entry that was played: `twin` with the harmless text, otherwise with the pattern."""

    def __init__(self, entry: Entry, twin: bool, receiver: Receiver, port: int) -> None:
        self.entry, self.twin, self.port = entry, twin, port
        self._receiver = receiver
        self.trouble = ""  # why it could not be played to its end

    @property
    def text(self) -> bytes:
        return HARMLESS if self.twin else PATTERN

    def raw(self) -> bytes:
        """All that the application has read."""
        return self._receiver.received(self.port)

    def reads(self) -> bytes:
        """The same without the dots that an attack fills with."""
        return self.raw().strip(b".")


class Stage:
    """A topology's receivers. Attackers are told apart by their ports, which are no ports of any receiver."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._ports = itertools.count(10_000)
        self._receivers: list[Receiver] = []
        topology.server.sysctl("ipv4/tcp_fastopen", str(TAKES_DATA_WITHOUT_COOKIE))
        topology.server.run("nft", "-f", "-", text_input=NEXT_HOP)
        self._shared = {(kind, family.version): self._new(kind, family) for kind in SHARED for family in (V4, V6)}

    def close(self) -> None:
        for receiver in self._receivers:
            receiver.close()

    def _new(self, kind: str, family: Family) -> Receiver:
        receiver = RECEIVERS[kind](self._topology.server, family)
        self._receivers.append(receiver)
        return receiver

    def play(self, entry: Entry, *, twin: bool = False, way: Way | None = None) -> Played:
        """Sends all that the entry says; what comes of it shows later."""
        family = V4 if entry.version == 4 else V6
        receiver = self._shared.get((entry.receiver, entry.version)) or self._new(entry.receiver, family)
        played = Played(entry, twin, receiver, next(self._ports))
        with Attacker(self._topology, family, receiver, played.port, way or Way()) as attacker:
            try:
                entry.play(attacker, played.text, played.text if twin else DECOY)
            except (TimeoutError, AssertionError, OSError) as error:
                played.trouble = f"{type(error).__name__}: {error}"
        return played

    def play_all(self, wanted: Iterable[tuple[Entry, bool]]) -> list[Played]:
        """Plays entries (and their twins, where the second is true) at the same time."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda item: self.play(item[0], twin=item[1]), wanted))
