# SPDX-License-Identifier: GPL-2.0-or-later
"""A second way between client and server, past the gateway: for traffic of which the gateway sees a part only."""

import socket

from . import packets
from .raw_client import ETH_P_ALL
from .topology import V4, Topology

INTERFACE = "side0"
CLIENT_MAC, SERVER_MAC = "02:00:5e:00:03:01", "02:00:5e:00:03:02"
CLIENT, SERVER = "10.91.3.1", "10.91.3.2"


class SideLink:
    """Made once a topology; goes with it. IPv4."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        topology.client.ip_batch(
            f"link add {INTERFACE} address {CLIENT_MAC} type veth peer name {INTERFACE} address {SERVER_MAC} "
            f"netns {topology.server.path}"
        )
        for namespace, own, peer, mac in (
            (topology.client, CLIENT, SERVER, SERVER_MAC), (topology.server, SERVER, CLIENT, CLIENT_MAC),
        ):
            # Packets come in by another link than the one that leads back to their source.
            for scope in ("all", INTERFACE, "eth0"):
                namespace.sysctl(f"ipv4/conf/{scope}/rp_filter", "0")
            namespace.ip_batch(
                f"addr add {own}/24 dev {INTERFACE}",
                f"link set {INTERFACE} up",
                f"neigh replace {peer} lladdr {mac} dev {INTERFACE} nud permanent",
            )

    def answers_go_around(self) -> None:
        """What the server sends no longer passes the gateway."""
        self.topology.server.ip_batch(f"route replace {V4.client}/32 via {CLIENT} dev {INTERFACE}")

    def requests_go_around(self) -> None:
        """What the client sends no longer passes the gateway."""
        self.topology.client.ip_batch(f"route replace {V4.server}/32 via {SERVER} dev {INTERFACE} src {V4.client}")

    def send(self, packet: bytes) -> None:
        """From the client's end, to the server."""
        with self.topology.client.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as sock:
            sock.bind((INTERFACE, ETH_P_ALL))
            sock.send(packets.ethernet(CLIENT_MAC, SERVER_MAC, packet))
