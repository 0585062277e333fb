# SPDX-License-Identifier: GPL-2.0-or-later
"""Many packets at once, made by hand at both ends of the gateway: no kernel answers them or slows them down."""

import socket
from collections.abc import Iterator

from . import packets
from .packets import ACK, SYN
from .raw_client import ETH_P_ALL
from .topology import CLIENT_MAC, LAN_MAC, SERVER_MAC, V4, WAN_MAC, Topology

SERVER_PORT = 7
FIRST_PORT = 1024
PORTS = 60000  # client ports from FIRST_PORT on


def silence_server(topology: Topology) -> None:
    """The server's kernel takes no notice of what the ghost sends."""
    topology.server.run("nft", "-f", "-", text_input=f"""
        add table inet silence
        add chain inet silence input {{ type filter hook input priority -300; }}
        flush chain inet silence input
        add rule inet silence input ip saddr {V4.ghost} tcp dport {SERVER_PORT} drop
    """)


def link(topology: Topology, end: str) -> socket.socket:
    """A packet socket on the client's or the server's link."""
    namespace = topology.client if end == "client" else topology.server
    sock = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # protocol 0: sends, and receives nothing
    sock.bind(("eth0", 0))
    return sock


def from_ghost(port: int, flags: int, sequence: int, acknowledged: int = 0, payload: bytes = b"") -> bytes:
    segment = packets.tcp(V4.ghost, V4.server, port, SERVER_PORT, sequence, acknowledged, flags, payload)
    return packets.ethernet(CLIENT_MAC, LAN_MAC, packets.ip(V4.ghost, V4.server, segment))


def from_server(port: int, flags: int, sequence: int, acknowledged: int) -> bytes:
    segment = packets.tcp(V4.server, V4.ghost, SERVER_PORT, port, sequence, acknowledged, flags)
    return packets.ethernet(SERVER_MAC, WAN_MAC, packets.ip(V4.server, V4.ghost, segment))


def open_by_hand(topology: Topology, count: int) -> None:
    """Three-way handshakes of `count` connections, from consecutive ports; they stay open."""
    silence_server(topology)
    with link(topology, "client") as client, link(topology, "server") as server:
        for port in range(FIRST_PORT, FIRST_PORT + count):
            client.send(from_ghost(port, SYN, 1000))
            server.send(from_server(port, SYN | ACK, 5000, 1001))
            client.send(from_ghost(port, ACK, 1001, 5001))


def syn_frames(count: int) -> Iterator[bytes]:
    """Connections that are begun and never answered."""
    for number in range(count):
        yield from_ghost(FIRST_PORT + number % PORTS, SYN, 1000 + number)


def stray_frames(count: int) -> Iterator[bytes]:
    """Each looks like a packet from the middle of a connection."""
    for number in range(count):
        yield from_ghost(FIRST_PORT + number % PORTS, ACK, 1000 + number, 1)


def tiny_frames(connections: int, count: int) -> Iterator[bytes]:
    """One byte each, every second one of the stream of connections that open_by_hand() has made."""
    for number in range(count):
        offset = 2 + 2 * (number // connections)
        yield from_ghost(FIRST_PORT + number % connections, ACK, 1001 + offset, 5001, b"x")
