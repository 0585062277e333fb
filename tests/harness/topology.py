# SPDX-License-Identifier: GPL-2.0-or-later
"""client -- gateway -- server: three namespaces, two veth pairs, IPv4 and IPv6 routed through the gateway."""

import dataclasses
import json

from .link import Emulator, Link, kernel_has_netem
from .namespace import Namespace


@dataclasses.dataclass(frozen=True)
class Family:
    """The addresses of one IP version. The ghost lies in the client's network but on nobody's interface: the
    gateway sends its packets to the client's link, where no kernel answers them (and none sends a reset)."""

    version: int
    client: str
    ghost: str
    gateway_lan: str
    gateway_wan: str
    server: str
    prefix: int


V4 = Family(4, "10.91.1.2", "10.91.1.99", "10.91.1.1", "10.91.2.1", "10.91.2.2", 24)
V6 = Family(6, "fd91:1::2", "fd91:1::99", "fd91:1::1", "fd91:2::1", "fd91:2::2", 64)
FAMILIES = (V4, V6)

LAN, WAN = "lan0", "wan0"  # the gateway's interfaces, towards the client and towards the server
CLIENT_MAC, LAN_MAC = "02:00:5e:00:01:02", "02:00:5e:00:01:01"
SERVER_MAC, WAN_MAC = "02:00:5e:00:02:02", "02:00:5e:00:02:01"


class Topology:
    """Made at once, gone with close() or with the process. `link` is what lies between gateway and server: then,
    unless the kernel has netem, tun devices stand in for that veth pair (no Ethernet there)."""

    def __init__(self, *, offload: bool = True, link: Link | None = None) -> None:
        self.emulator: Emulator | None = None
        self.client = Namespace("client")
        self.gateway = Namespace("gateway")
        self.server = Namespace("server")
        for namespace in (self.client, self.gateway, self.server):
            # Otherwise neighbour discovery waits for a second or two, until link-local addresses are settled.
            namespace.sysctl("ipv6/conf/default/accept_dad", "0")
            namespace.sysctl("ipv6/conf/all/accept_dad", "0")
        self._link(LAN, LAN_MAC, self.client, CLIENT_MAC)
        if link is None or kernel_has_netem():
            self._link(WAN, WAN_MAC, self.server, SERVER_MAC)
        else:
            self.emulator = Emulator(link, (self.gateway, WAN), (self.server, "eth0"))
        self.gateway.sysctl("ipv4/ip_forward", "1")
        self.gateway.sysctl("ipv6/conf/all/forwarding", "1")
        self._address_gateway()
        # On a bad link the result depends on congestion control; the default is Debian's only on most machines.
        route = "" if link is None else "congctl cubic"
        self._address_end(self.client, [(f.client, f.gateway_lan, f.prefix) for f in FAMILIES], route)
        self._address_end(self.server, [(f.server, f.gateway_wan, f.prefix) for f in FAMILIES], route)
        if not offload:
            self.switch_offload(False)
        if link is not None and self.emulator is None:
            for namespace, name in self.links()[2:]:
                namespace.run("tc", "qdisc", "replace", "dev", name, "root", "netem", *link.netem())

    def close(self) -> None:
        if self.emulator is not None:
            self.emulator.close()
        for namespace in (self.client, self.server, self.gateway):
            namespace.close()

    def _link(self, name: str, mac: str, end: Namespace, end_mac: str) -> None:
        self.gateway.ip_batch(
            f"link add {name} address {mac} type veth peer name eth0 address {end_mac} netns {end.path}",
            f"link set {name} up",
        )
        end.ip_batch("link set eth0 up")

    def _address_gateway(self) -> None:
        self.gateway.ip_batch(
            *(f"addr add {f.gateway_lan}/{f.prefix} dev {LAN}{nodad(f)}" for f in FAMILIES),
            *(f"addr add {f.gateway_wan}/{f.prefix} dev {WAN}{nodad(f)}" for f in FAMILIES),
            *(f"neigh replace {f.ghost} lladdr {CLIENT_MAC} dev {LAN} nud permanent" for f in FAMILIES),
        )

    @staticmethod
    def _address_end(end: Namespace, addresses: list[tuple[str, str, int]], route: str) -> None:
        end.ip_batch(
            *(f"addr add {own}/{length} dev eth0{' nodad' if ':' in own else ''}" for own, _, length in addresses),
            *(f"route add default via {via} dev eth0 {route}" for _, via, _ in addresses),
        )

    def switch_offload(self, on: bool) -> None:
        """Segmentation and receive offloads of all four ends: off makes every packet as long as its wire form."""
        value = "on" if on else "off"
        for namespace, name in self.links():
            namespace.run("ethtool", "-K", name, "tso", value, "gso", value, "gro", value)

    def set_netem(self, *parameters: str) -> None:
        """Delay, loss or reordering on both ways, e.g. "delay", "50ms". Needs sch_netem."""
        for namespace, name in ((self.gateway, LAN), (self.gateway, WAN)):
            namespace.run("tc", "qdisc", "replace", "dev", name, "root", "netem", *parameters)

    def stop_link(self) -> int:
        """How many packets `link` has lost, both ways, for its queue too. Nothing passes it afterwards."""
        if self.emulator is not None:
            return sum(way["lost"] + way["queue_full"] for way in self.emulator.stop().values())
        lost = 0
        for namespace, name in self.links()[2:]:
            [shown] = json.loads(namespace.run("tc", "-s", "-j", "qdisc", "show", "dev", name, "root").stdout)
            lost += shown["drops"]
            namespace.run("ip", "link", "set", name, "down")
        return lost

    def links(self) -> list[tuple[Namespace, str]]:
        return [(self.client, "eth0"), (self.gateway, LAN), (self.gateway, WAN), (self.server, "eth0")]


def nodad(family: Family) -> str:
    return " nodad" if family.version == 6 else ""
