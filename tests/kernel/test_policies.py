#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The policies for packets that cannot be judged as they are, brought about with real packets: what arrives, which
counter, which event, by default and with "accept".

A failing matcher (`matcher_error`) cannot be brought about from outside; the engine's unit tests have it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import tap  # noqa: E402
from harness.case import EVIL  # noqa: E402
from harness.packets import ACK, PSH, SYN, URG  # noqa: E402
from harness.policy import PolicyCase  # noqa: E402
from harness.raw_client import RawClient  # noqa: E402
from harness.topology import FAMILIES  # noqa: E402
from harness.traffic import RecordingServer, wait_until  # noqa: E402

LARGEST_MTU = 65535
QUEUE_SHOWS = 65531  # bytes of a packet that one netlink attribute can carry
EVIL_WITH_URGENT_BYTE = EVIL[:4] + b"!" + EVIL[4:]  # its receiver takes the sixth byte out: it reads EVIL


class Malformed(PolicyCase):
    def send_lying_segment(self) -> None:
        for family in FAMILIES:
            client = self.raw(family=family)
            client.send_packet(client.segment(1, ACK, b"short", data_offset=15))

    def test_a_malformed_packet_is_dropped(self) -> None:
        self.policy_daemon("malformed")
        watches = [self.arrivals(family) for family in FAMILIES]
        self.send_lying_segment()
        self.wait_counted("cause_malformed", 2)
        self.assert_dropped("malformed")
        self.assertEqual([watch.seen() for watch in watches], [[], []])

    def test_a_malformed_packet_passes_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("malformed", "accept")
        watches = [self.arrivals(family) for family in FAMILIES]
        self.send_lying_segment()
        self.assertTrue(all(watch.wait() for watch in watches))
        self.assert_passed("malformed")


class Truncated(PolicyCase):
    """A packet longer than a queue can show."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # Otherwise the server's first window is less than a packet.
        cls.topology.server.sysctl("ipv4/tcp_rmem", "4096 4194304 8388608")
        for namespace, name in cls.topology.links():
            namespace.run("ip", "link", "set", name, "mtu", str(LARGEST_MTU))

    def send_long_segment(self) -> int:
        client = self.raw()
        packet = client.segment(1, ACK, b"x" * (LARGEST_MTU - 40))
        self.assertGreater(len(packet), QUEUE_SHOWS)
        client.send_packet(packet)
        return len(packet) - 40

    def test_a_packet_that_a_queue_cannot_show_whole_is_dropped(self) -> None:
        self.policy_daemon("truncated")
        watch = self.arrivals()
        self.send_long_segment()
        self.assert_dropped("truncated")
        self.assertEqual(watch.seen(), [])

    def test_a_packet_that_a_queue_cannot_show_whole_passes_whole_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("truncated", "accept")
        watch = self.arrivals()
        size = self.send_long_segment()
        self.assertTrue(watch.wait())
        self.assertEqual(len(watch.seen()[0].payload), size)
        self.assert_passed("truncated")

    def test_a_connection_of_such_packets_goes_on_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("truncated", "accept")
        self.assert_passes(self.server(), b"x" * (1 << 20))
        self.assert_passed("truncated")


class Urgent(PolicyCase):
    def connected(self) -> tuple[RecordingServer, RawClient]:
        server = self.server()
        client = self.raw(server.port)
        client.connect()
        return server, client

    def test_urgent_data_is_dropped(self) -> None:
        self.policy_daemon("urgent")
        server, client = self.connected()
        client.send(0, EVIL_WITH_URGENT_BYTE, flags=ACK | PSH | URG, urgent=5)
        self.assert_dropped("urgent")
        self.assert_stays(server.received, b"")

    def test_what_is_repeated_without_the_urgent_flag_is_judged_and_passes(self) -> None:
        self.policy_daemon("urgent")
        server, client = self.connected()
        client.send(0, b"harmless", flags=ACK | PSH | URG, urgent=5)
        self.assert_dropped("urgent")
        client.send(0, b"harmless")
        self.assertTrue(wait_until(lambda: server.received() == b"harmless"))

    def test_an_urgent_pointer_without_data_is_dropped(self) -> None:
        # It would make the receiver take a byte out of the segment that follows.
        self.policy_daemon("urgent")
        server, client = self.connected()
        client.send(0, b"", flags=ACK | URG, urgent=5)
        self.assert_dropped("urgent")
        client.send(0, EVIL_WITH_URGENT_BYTE)
        wait_until(lambda: bool(server.received()), 3)
        self.assert_stays(server.received, EVIL_WITH_URGENT_BYTE)

    def test_urgent_data_passes_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("urgent", "accept")
        server, client = self.connected()
        client.send(0, b"harm!less", flags=ACK | PSH | URG, urgent=5)
        self.assertTrue(wait_until(lambda: server.received() == b"harmless"))
        self.assert_passed("urgent")

    def test_a_pattern_without_urgent_bytes_is_blocked_under_accept_too(self) -> None:
        self.policy_daemon("urgent", "accept")
        server, client = self.connected()
        client.send(0, b"u", flags=ACK | PSH | URG, urgent=1)
        client.send(1, EVIL)
        self.wait_counted("matches")
        self.assertNotIn(EVIL, server.received())


class FastOpen(PolicyCase):
    def send_syn_with_data(self, server: RecordingServer) -> RawClient:
        client = self.raw(server.port)
        client.send_packet(client.segment(client.first, SYN, EVIL))
        return client

    def test_a_syn_that_carries_data_is_dropped_and_one_without_opens_the_connection(self) -> None:
        self.policy_daemon("fast_open")
        server, watch = self.server(), self.arrivals()
        client = self.send_syn_with_data(server)
        self.assert_dropped("fast_open")
        self.assertEqual(watch.seen(), [])
        client.connect()
        client.send(0, b"harmless")
        self.assertTrue(wait_until(lambda: server.received() == b"harmless"))

    def test_a_connection_that_begins_with_data_passes_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("fast_open", "accept")
        server, watch = self.server(), self.arrivals()
        client = self.send_syn_with_data(server)
        self.assertTrue(watch.wait())
        self.assertEqual(watch.seen()[0].payload, EVIL)
        self.assert_passed("fast_open")
        answer = client.wait_for(lambda s: s.flags & SYN)
        self.assertIsNotNone(answer)
        client.acknowledged = answer.sequence + 1
        client.send(0, EVIL)
        self.assertTrue(wait_until(lambda: server.received() == EVIL))


class Depth(PolicyCase):
    """No cause, but the same kind of choice: how far is inspected."""

    RULES = {"rules": [{"id": "evil", "action": "drop", "direction": "to_server",
                        "match": {"payload": {"contains": EVIL.decode()}}}]}

    def test_a_pattern_within_the_depth_is_blocked(self) -> None:
        self.policy_daemon("midstream", rules=self.RULES, depth=64)
        self.assert_blocked(self.server(), b"x" * 50 + EVIL, EVIL, cut=5)

    def test_what_lies_behind_the_depth_passes_and_is_counted(self) -> None:
        self.policy_daemon("midstream", rules=self.RULES, depth=64)
        self.assert_passes(self.server(), b"x" * 64 + EVIL, cut=16)
        self.wait_counted("uninspected_done")
        self.assertEqual(self.running.events("alert"), [])


if __name__ == "__main__":
    tap.main()
