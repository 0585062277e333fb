#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What only the stock kernel can show: real Multipath TCP and Fast Open clients, links that lose and reorder."""

import datetime
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import divert, packets, tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, GatewayCase, request  # noqa: E402
from harness.raw_client import ETH_P_ALL  # noqa: E402
from harness.topology import FAMILIES, V4  # noqa: E402
from harness.traffic import Client, RecordingServer, wait_until  # noqa: E402

IPPROTO_MPTCP = 262  # linux/in.h
MPTCP_OPTION, FAST_OPEN_OPTION = 30, 34


class StockKernel(GatewayCase):
    def option_kinds_at_the_server(self, connect) -> tuple[set[int], set[int]]:
        """The option kinds of the first SYN that `connect` sends: at the client's link and at the server's."""
        watches = []
        for namespace in (self.topology.client, self.topology.server):
            watch = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.addCleanup(watch.close)
            watch.settimeout(5)
            watches.append(watch)
        connect()
        return tuple(option_kinds(first_syn(watch)) for watch in watches)

    def test_a_multipath_client_falls_back_to_one_path_and_is_judged(self) -> None:
        self.daemon(DROP_EVIL)
        server = self.server()
        client = self.topology.client.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
        self.addCleanup(client.close)
        client.settimeout(5)
        sent, arrived = self.option_kinds_at_the_server(lambda: client.connect((server.address, server.port)))
        self.assertIn(MPTCP_OPTION, sent)
        self.assertNotIn(MPTCP_OPTION, arrived)
        client.sendall(b"harmless")
        self.assertTrue(wait_until(lambda: server.received() == b"harmless"))
        client.sendall(EVIL)
        wait_until(lambda: EVIL in server.received(), 0.7)
        self.assertEqual(server.received(), b"harmless")

    def test_a_fast_open_client_sends_its_data_after_the_handshake_and_is_judged(self) -> None:
        for namespace in (self.topology.client, self.topology.server):
            namespace.sysctl("ipv4/tcp_fastopen", "3")  # as a client and as a server
        self.daemon(DROP_EVIL)
        for payload, passes in ((b"harmless", True), (EVIL, False)):
            with self.subTest(payload):
                server = self.server()
                server.allow_fast_open()
                client = self.topology.client.socket(socket.AF_INET)
                self.addCleanup(client.close)

                def connect(client=client, server=server, payload=payload) -> None:
                    client.sendto(payload, socket.MSG_FASTOPEN, (server.address, server.port))

                _, arrived = self.option_kinds_at_the_server(connect)
                self.assertNotIn(FAST_OPEN_OPTION, arrived)
                wait_until(lambda server=server: len(server.received()) > 0, 10 if passes else 1)
                self.assertEqual(server.received(), payload if passes else b"")

    def test_setting_the_clock_makes_no_connection_old(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        half = len(EVIL) // 2
        for count, days in enumerate((30, -60), 1):
            with self.subTest(days=days):
                server = self.server()
                client = self.client(server)
                client.send(b"harmless" + EVIL[:half])
                self.assertTrue(wait_until(lambda server=server: len(server.received()) == 8 + half))
                now = time.clock_gettime(time.CLOCK_REALTIME)
                self.addCleanup(time.clock_settime, time.CLOCK_REALTIME, now)
                time.clock_settime(time.CLOCK_REALTIME, now + days * 86400)
                time.sleep(0.5)  # the daemon looks for old connections ten times a second
                client.send(EVIL[half:])
                alert = daemon.wait_alerts(count)[-1]
                self.assertEqual(alert["alert"]["action"], "blocked")
                written = datetime.datetime.strptime(alert["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
                self.assertLess(abs(written - time.clock_gettime(time.CLOCK_REALTIME)), 60)
                self.assertEqual(server.received(), b"harmless" + EVIL[:half])

    def test_a_done_connection_stays_off_the_queue_even_while_no_daemon_runs(self) -> None:
        accept = {"id": "trusted", "action": "accept", "direction": "to_server",
                  "match": {"payload": {"starts_with": "TRUSTED"}}}
        daemon = self.daemon({"rules": [accept]})
        server = self.server(V4, answer=lambda data: b"k")
        client = self.client(server)
        for count in range(1, 4):
            client.send(b"TRUSTED")
            self.assertEqual(len(client.receive(count)), count)
        before = divert.queued_packets(self.topology.gateway)
        daemon.stop()
        for count in range(4, 10):
            client.send(b"more")
            self.assertEqual(len(client.receive(count)), count)
        self.assertEqual(divert.queued_packets(self.topology.gateway), before)
        self.assertFalse(self.client(self.server(), timeout=1.5).connected, "a SYN always queues")


class BadLink(GatewayCase):
    def client(self, server: RecordingServer, **options) -> Client:
        """With the patience for a packet that is lost again and again."""
        return super().client(server, **(options | {"timeout": 20, "patience": 10}))

    def test_loss_and_reordering_neither_hide_an_exploit_nor_break_what_is_harmless(self) -> None:
        self.daemon(DROP_EVIL)
        self.topology.set_netem("delay", "5ms", "5ms", "loss", "5%", "reorder", "25%")
        self.addCleanup(self.topology.set_netem, "limit", "1000")
        harmless = request("/" + "x" * 300)
        for family in FAMILIES:
            with self.subTest(version=family.version):
                self.assert_passes(self.server(family), harmless, cut=11)
                self.assert_blocked(self.server(family), harmless + EVIL, EVIL, cut=3)


def first_syn(watch: socket.socket) -> packets.Segment:
    while True:
        segment = packets.parse_frame(watch.recv(65536))
        if segment is not None and segment.flags & (packets.SYN | packets.ACK) == packets.SYN:
            return segment


def option_kinds(segment: packets.Segment) -> set[int]:
    kinds, rest = set(), segment.options
    while rest:
        kinds.add(rest[0])
        if rest[0] == 0:
            break
        rest = rest[1:] if rest[0] == 1 else rest[max(rest[1], 2) :]
    return kinds


if __name__ == "__main__":
    tap.main()
