#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The policies where memory ends: no room for a flow, for bytes ahead of a gap, for bytes that were let through. What
arrives, which counter, which event, by default and with "accept"."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import tap  # noqa: E402
from harness.case import EVIL  # noqa: E402
from harness.flood import open_by_hand  # noqa: E402
from harness.packets import ACK, PSH  # noqa: E402
from harness.policy import Arrivals, PolicyCase  # noqa: E402
from harness.raw_client import RawClient  # noqa: E402
from harness.traffic import Client, RecordingServer, wait_until  # noqa: E402

FULL_TABLE = {"memory": {"flows": "1M"}}
MORE_THAN_FIT = 4000  # connections, of more than 256 bytes each
SMALL_STORE = {"memory": {"held_per_flow": "64K"}}
SEGMENT = 1250
BEYOND_THE_STORE = 50  # segments: 62,500 bytes, which the server's window still takes


class Flows(PolicyCase):
    """The table is full of living connections."""

    def setUp(self) -> None:
        self.renew_topology()
        super().setUp()

    def half_a_pattern(self) -> tuple[RecordingServer, Client]:
        server = self.server()
        client = self.client(server)
        client.send(EVIL[:6])
        self.assertTrue(wait_until(lambda: server.received() == EVIL[:6]))
        return server, client

    def fill_the_table(self) -> None:
        open_by_hand(self.topology, MORE_THAN_FIT)
        self.wait_counted("cause_memcap")

    def test_new_connections_find_no_room_and_those_before_go_on_being_judged(self) -> None:
        self.policy_daemon("memcap", **FULL_TABLE)
        server, client = self.half_a_pattern()
        self.fill_the_table()
        self.assertFalse(self.client(self.server(), timeout=1.2).connected)
        client.send(EVIL[6:])
        self.wait_counted("matches")
        self.assertEqual(server.received(), EVIL[:6])
        self.assert_dropped("memcap")

    def test_new_connections_pass_unjudged_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("memcap", "accept", **FULL_TABLE)
        server, client = self.half_a_pattern()
        self.fill_the_table()
        self.assert_passes(self.server(), EVIL)
        client.send(EVIL[6:])
        self.wait_counted("matches")
        self.assertEqual(server.received(), EVIL[:6])
        self.assert_passed("memcap")


class HeldBytes(PolicyCase):
    """More comes ahead of a gap than one flow may hold."""

    CONTENT = bytes(33 + number % 90 for number in range(1001))

    def send_ahead_of_a_gap(self) -> tuple[RecordingServer, RawClient, Arrivals]:
        server = self.server()
        client = self.raw(server.port)
        watch = self.connect(client)
        for offset in range(2, 1000, 2):
            client.send(offset, self.CONTENT[offset : offset + 1])
        self.wait_counted("cause_memcap")
        return server, client, watch

    def assert_arrives_after_all(self, server: RecordingServer, client: RawClient) -> None:
        for offset in range(0, 1001, 77):
            client.send(offset, self.CONTENT[offset : offset + 77])
        self.assertTrue(wait_until(lambda: server.received() == self.CONTENT), f"{len(server.received())} arrived")

    def test_what_cannot_be_held_is_dropped_and_arrives_when_it_is_repeated_in_order(self) -> None:
        self.policy_daemon("memcap", **SMALL_STORE)
        server, client, watch = self.send_ahead_of_a_gap()
        self.assert_dropped("memcap")
        self.assertLess(len(watch.seen()), 400)
        self.assert_arrives_after_all(server, client)

    def test_what_cannot_be_held_passes_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("memcap", "accept", **SMALL_STORE)
        server, client, watch = self.send_ahead_of_a_gap()
        self.assert_passed("memcap")
        self.assertTrue(watch.wait(499))
        self.assert_arrives_after_all(server, client)

    def test_a_sender_that_fills_the_gaps_alone_is_not_cut_off_where_the_policy_says_accept(self) -> None:
        # What passed without being held is acknowledged as soon as the gap before it is closed.
        self.policy_daemon("memcap", "accept", **SMALL_STORE)
        server, client, _ = self.send_ahead_of_a_gap()
        client.send(0, self.CONTENT[:1])
        for offset in range(1, 999, 2):
            client.send(offset, self.CONTENT[offset : offset + 1])
        self.assertTrue(client.wait_acknowledged(999))
        self.assertEqual(server.received(), self.CONTENT[:999])


class Unverifiable(PolicyCase):
    """More is under way than is remembered, gets lost behind the gateway and is sent once more."""

    def setUp(self) -> None:
        super().setUp()
        self.topology.server.run("nft", "-f", "-", text_input="""
            add table inet loss
            add chain inet loss input { type filter hook input priority 0; }
            flush chain inet loss input
            add rule inet loss input tcp flags & psh == psh drop
        """)

    def send_and_lose(self) -> tuple[RecordingServer, RawClient, Arrivals]:
        server = self.server()
        client = self.raw(server.port)
        watch = self.connect(client)
        for number in range(BEYOND_THE_STORE):
            client.send(number * SEGMENT, b"x" * SEGMENT, flags=ACK | PSH)
        self.assertTrue(watch.wait(BEYOND_THE_STORE))
        return server, client, watch

    @staticmethod
    def repeat_the_last(client: RawClient, payload: bytes, cut: int = 0) -> None:
        """Without its first `cut` bytes: what is kept of it, a digest, then says nothing."""
        client.send((BEYOND_THE_STORE - 1) * SEGMENT + cut, payload[cut:], flags=ACK)

    def test_a_retransmission_of_bytes_that_are_no_longer_remembered_is_dropped(self) -> None:
        self.policy_daemon("unverifiable", **SMALL_STORE)
        _, client, watch = self.send_and_lose()
        self.repeat_the_last(client, b"y" * SEGMENT, cut=700)
        self.assert_dropped("unverifiable")
        self.assertEqual(len(watch.seen()), BEYOND_THE_STORE)

    def test_a_retransmission_of_remembered_bytes_passes(self) -> None:
        self.policy_daemon("unverifiable", **SMALL_STORE)
        server, client, _ = self.send_and_lose()
        client.send(0, b"x" * SEGMENT, flags=ACK)
        self.assertTrue(wait_until(lambda: server.received() == b"x" * SEGMENT))
        self.assertEqual(self.running.counters()["cause_unverifiable"], 0)

    def test_the_same_segment_beyond_the_store_passes_and_one_that_differs_does_not(self) -> None:
        self.policy_daemon("unverifiable", **SMALL_STORE)
        _, client, watch = self.send_and_lose()
        self.repeat_the_last(client, b"x" * SEGMENT)
        self.assertTrue(watch.wait(BEYOND_THE_STORE + 1))
        self.repeat_the_last(client, b"y" * SEGMENT)
        self.wait_counted("conflicting")
        self.assertEqual(len(watch.seen()), BEYOND_THE_STORE + 1)

    def test_it_passes_unjudged_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("unverifiable", "accept", **SMALL_STORE)
        _, client, watch = self.send_and_lose()
        self.repeat_the_last(client, b"y" * SEGMENT, cut=700)
        self.assertTrue(watch.wait(BEYOND_THE_STORE + 1))
        self.assertEqual(watch.seen()[-1].payload, b"y" * (SEGMENT - 700))
        self.assert_passed("unverifiable")


if __name__ == "__main__":
    tap.main()
