#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets whose lengths and offsets lie: the daemon survives, drops and counts them, and goes on judging."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import random  # noqa: E402
import socket  # noqa: E402

from harness import packets, tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, GatewayCase  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.packets import ACK, PSH, SYN, URG  # noqa: E402
from harness.raw_client import ETH_P_ALL, RawClient  # noqa: E402
from harness.topology import FAMILIES, V4, V6, Family  # noqa: E402
from harness.traffic import wait_until  # noqa: E402

DESTINATION_OPTIONS, HOP_BY_HOP, FRAGMENT, ROUTING = 60, 0, 44, 43


class Hostile(GatewayCase):
    def raw(self, family: Family, port: int = 9) -> RawClient:
        client = RawClient(self.topology, family, port)
        self.addCleanup(client.close)
        return client

    def assert_still_judging(self, daemon: Daemon) -> None:
        self.assertTrue(daemon.alive(), "the daemon has ended")
        self.assert_passes(self.server(), b"harmless")
        self.assert_blocked(self.server(), EVIL, EVIL)

    def arrivals(self) -> socket.socket:
        watch = self.topology.server.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.addCleanup(watch.close)
        watch.settimeout(0.5)
        return watch

    def test_a_data_offset_past_the_end_is_dropped_and_counted(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        for family in FAMILIES:
            for offset in (15, 4, 0):
                with self.subTest(version=family.version, data_offset=offset):
                    before = daemon.counters()["cause_malformed"]
                    watch, client = self.arrivals(), self.raw(family)
                    client.send_packet(client.segment(1, ACK, b"short", data_offset=offset))
                    self.assertTrue(wait_until(lambda: daemon.counters()["cause_malformed"] > before, 5, 0.1))
                    self.assert_nothing_arrives(watch, family)
        self.assert_still_judging(daemon)

    def assert_nothing_arrives(self, watch: socket.socket, family: Family) -> None:
        source = socket.inet_pton(socket.AF_INET6 if family.version == 6 else socket.AF_INET, family.ghost)
        try:
            while True:
                self.assertNotIn(source, watch.recv(4096)[:54])
        except TimeoutError:
            pass

    def test_options_that_lie_about_their_length_do_no_harm(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        client = self.raw(V4)
        for options in (b"\x02\x00\x00\x00", b"\x02\xff\x00\x00", b"\x08\x01\x01\x01", b"\x05\x0a\x00\x00"):
            client.send_packet(client.segment(1, SYN, options=options))
        self.assert_still_judging(daemon)

    def test_segments_without_any_flag_or_with_all_of_them_do_no_harm(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        for family in FAMILIES:
            client = self.raw(family)
            for flags in (0, 0xFF, SYN | packets.FIN, SYN | packets.RST):
                client.send_packet(client.segment(7, flags, b"payload"))
        self.assert_still_judging(daemon)

    def test_ipv6_extension_headers_do_not_hide_the_payload(self) -> None:
        self.daemon(DROP_EVIL)
        server = self.server(V6)
        client = self.raw(V6, server.port)
        client.connect()
        segment = packets.tcp(
            client.source, client.target, client.source_port, client.port, client.first + 1, client.acknowledged,
            ACK | PSH, EVIL,
        )
        padding = bytes([1, 4, 0, 0, 0, 0])
        chain = bytes([DESTINATION_OPTIONS, 0]) + padding + bytes([6, 0]) + padding
        client.send_packet(
            packets.ip(client.source, client.target, segment, protocol=DESTINATION_OPTIONS, extensions=chain)
        )
        wait_until(lambda: EVIL in server.received(), 0.7)
        self.assertEqual(server.received(), b"")

    def test_endless_and_lying_chains_of_ipv6_headers_do_no_harm(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        client = self.raw(V6)
        padding = bytes([1, 4, 0, 0, 0, 0])
        long_chain = (bytes([DESTINATION_OPTIONS, 0]) + padding) * 150
        for chain in (
            long_chain,
            long_chain[:-8] + bytes([6, 255]) + padding,
            bytes([ROUTING, 0]) + padding + bytes([FRAGMENT, 0, 0, 0, 0, 0, 0, 1]),
            bytes([6]),
        ):
            client.send_packet(
                packets.ip(client.source, client.target, b"rest", protocol=DESTINATION_OPTIONS, extensions=chain)
            )
        self.assert_still_judging(daemon)

    def test_fragments_do_not_hide_the_payload(self) -> None:
        self.daemon(DROP_EVIL)
        server = self.server(V4)
        client = self.raw(V4, server.port)
        client.connect()
        whole = client.segment(client.first + 1, ACK | PSH, b"12345678" + EVIL)
        for start, end, more in ((20, 52, True), (52, len(whole), False)):
            header = bytearray(whole[:20])
            header[2:4] = (20 + end - start).to_bytes(2, "big")
            header[4:8] = (0x1234).to_bytes(2, "big") + ((start - 20) // 8 | (0x2000 if more else 0)).to_bytes(2, "big")
            header[10:12] = b"\0\0"
            header[10:12] = packets.checksum(bytes(header)).to_bytes(2, "big")
            client.send_packet(bytes(header) + whole[start:end])
        wait_until(lambda: EVIL in server.received(), 0.7)
        self.assertEqual(server.received(), b"")

    def test_urgent_data_does_not_pass_in_silence(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        server = self.server()
        client = self.raw(V4, server.port)
        client.connect()
        # The receiver takes the urgent byte out of the stream: it reads EVILPATTERN.
        client.send(0, EVIL[:4] + b"!" + EVIL[4:], flags=ACK | PSH | URG, urgent=5)
        wait_until(lambda: EVIL in server.received(), 0.7)
        self.assertNotIn(EVIL, server.received())
        self.assertTrue(wait_until(lambda: daemon.counters()["cause_urgent"] >= 1, step=0.1))

    def test_a_thousand_random_packets_do_no_harm(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        chance = random.Random(20240501)
        clients = [self.raw(family) for family in FAMILIES]
        for number in range(1000):
            client = clients[number % 2]
            rest = chance.randbytes(chance.randrange(0, 80))
            kind = chance.choice((6, 6, 6, DESTINATION_OPTIONS, HOP_BY_HOP, FRAGMENT, ROUTING))
            client.send_packet(packets.ip(client.source, client.target, rest, protocol=kind))
        self.assert_still_judging(daemon)


if __name__ == "__main__":
    tap.main()
