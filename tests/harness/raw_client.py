# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP client made by hand: every segment is chosen by the test, and no kernel interferes.

It speaks from the topology's ghost address, which lies on the client's link but belongs to no interface, so that
the client's kernel neither answers nor resets.
"""

import random
import select
import socket
import time

from . import packets
from .packets import ACK, PSH, SYN, Segment
from .topology import CLIENT_MAC, LAN_MAC, Family, Topology

ETH_P_ALL = 3


class RawClient:
    def __init__(self, topology: Topology, family: Family, port: int, *, source_port: int = 0) -> None:
        self.source, self.target, self.port = family.ghost, family.server, port
        self.source_port = source_port or random.randint(20000, 60000)
        self.first = random.randint(1, 1 << 31)  # the sequence number of stream offset 0 is first + 1
        self.acknowledged = 0
        self.seen: list[Segment] = []
        self._sock = topology.client.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._sock.bind(("eth0", ETH_P_ALL))

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._sock.close()

    def send_frame(self, frame: bytes) -> None:
        self._sock.send(frame)

    def send_packet(self, packet: bytes) -> None:
        self.send_frame(packets.ethernet(CLIENT_MAC, LAN_MAC, packet))

    def segment(self, sequence: int, flags: int, payload: bytes = b"", **options) -> bytes:
        """The packet with this absolute sequence number."""
        return packets.ip(
            self.source, self.target,
            packets.tcp(
                self.source, self.target, self.source_port, self.port, sequence, self.acknowledged, flags, payload,
                **options,
            ),
        )

    def send(self, offset: int, payload: bytes, flags: int = ACK | PSH, **options) -> None:
        """Sends `payload` as the bytes from stream offset `offset` on."""
        self.send_packet(self.segment(self.first + 1 + offset, flags, payload, **options))

    def connect(self, syn_options: bytes = b"\x02\x04\x05\xb4", timeout: float = 5) -> Segment:
        """The three-way handshake; returns the server's SYN-ACK."""
        self.send_packet(self.segment(self.first, SYN, options=syn_options))
        answer = self.wait_for(lambda s: s.flags & SYN, timeout)
        if answer is None:
            raise TimeoutError("no SYN-ACK")
        self.acknowledged = answer.sequence + 1
        self.send_packet(self.segment(self.first + 1, ACK))
        return answer

    def poll(self, timeout: float) -> None:
        """Reads what has come for this connection into `seen`, for at most `timeout` seconds."""
        ready, _, _ = select.select([self._sock], [], [], timeout)
        if not ready:
            return
        segment = packets.parse_frame(self._sock.recv(1 << 17))
        mine = segment is not None and (segment.source, segment.source_port) == (self.target, self.port)
        if mine and (segment.target, segment.target_port) == (self.source, self.source_port):
            self.seen.append(segment)

    def wait_for(self, condition, timeout: float = 5) -> Segment | None:
        """The first segment from the server, old or new, that meets `condition`."""
        deadline = time.monotonic() + timeout
        looked = 0
        while True:
            for segment in self.seen[looked:]:
                looked += 1
                if condition(segment):
                    return segment
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.poll(left)

    def wait_acknowledged(self, offset: int, timeout: float = 5) -> bool:
        """Whether the server has acknowledged all bytes before stream offset `offset`."""
        wanted = (self.first + 1 + offset) & 0xFFFFFFFF
        return self.wait_for(lambda s: s.flags & ACK and s.acknowledged == wanted, timeout) is not None
