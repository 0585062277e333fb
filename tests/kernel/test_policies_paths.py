#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The policies for connections of which only a part is seen: one direction, not every byte, not the beginning, or
nothing since the state expired. What arrives, which counter, which event, by default and with the other choices."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import divert, tap  # noqa: E402
from harness.case import EVIL  # noqa: E402
from harness.daemon import AcceptAll  # noqa: E402
from harness.packets import ACK, PSH, RST  # noqa: E402
from harness.policy import PolicyCase  # noqa: E402
from harness.raw_client import RawClient  # noqa: E402
from harness.side_link import SideLink  # noqa: E402
from harness.topology import LAN, WAN  # noqa: E402
from harness.traffic import Client, RecordingServer, wait_until  # noqa: E402

SHORT = {"timeouts": {"handshake": "1s", "established": "1s", "closing": "1s", "blocked": "1s"}}


class Gap(PolicyCase):
    """Bytes of the stream reach the server by another way."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.side = SideLink(cls.topology)

    def connection_with_a_gap(self) -> tuple[RecordingServer, RawClient]:
        server = self.server()
        client = self.raw(server.port)
        client.connect()
        client.send(0, b"seen")
        self.assertTrue(client.wait_acknowledged(4))
        self.side.send(client.segment(client.first + 5, ACK | PSH, b"unseen"))
        self.assertTrue(wait_until(lambda: server.received() == b"seenunseen"))
        return server, client

    def test_a_connection_whose_bytes_went_another_way_waits_for_them(self) -> None:
        self.policy_daemon("gap")
        server, client = self.connection_with_a_gap()
        self.assert_dropped("gap")
        client.send(10, b"more")
        self.assert_stays(server.received, b"seenunseen")
        self.assertFalse(client.wait_acknowledged(10, 0.1), "the server's acknowledgment passed")

    def test_both_ends_are_reset_where_the_policy_says_reject(self) -> None:
        self.policy_daemon("gap", "reject")
        server, client = self.connection_with_a_gap()
        self.assert_dropped("gap")
        self.assertTrue(server.wait_all_reset())
        self.assertIsNotNone(client.wait_for(lambda s: s.flags & RST))
        self.wait_counted("resets_sent", 2)

    def test_the_connection_goes_on_and_is_judged_from_there_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("gap", "accept")
        server, client = self.connection_with_a_gap()
        self.assertTrue(client.wait_acknowledged(10))
        self.wait_counted("cause_gap")
        self.assert_event("gap", "accept")
        client.send(10, b"more")
        self.assertTrue(wait_until(lambda: server.received() == b"seenunseenmore"))
        client.send(14, EVIL)
        self.wait_counted("matches")
        self.assert_stays(server.received, b"seenunseenmore")


class OneWay(PolicyCase):
    """Asymmetric routes."""

    def test_data_is_dropped_where_the_answers_go_another_way(self) -> None:
        self.policy_daemon("one_way")
        SideLink(self.topology).answers_go_around()
        server = self.server()
        client = self.client(server)
        self.assertTrue(client.connected)
        client.send(b"harmless")
        self.assert_dropped("one_way")
        self.assert_stays(server.received, b"")

    def test_data_passes_where_the_answers_go_another_way_and_the_policy_says_accept(self) -> None:
        self.policy_daemon("one_way", "accept")
        SideLink(self.topology).answers_go_around()
        self.assert_passes(self.server(), EVIL)
        self.assert_passed("one_way")

    def test_answers_are_picked_up_and_judged_where_the_requests_go_another_way(self) -> None:
        self.policy_daemon("one_way")
        SideLink(self.topology).requests_go_around()
        harmless = self.client(self.server(greeting=b"hello"))
        self.assertEqual(harmless.receive(5), b"hello")
        client = self.client(self.server(greeting=EVIL))
        self.assertTrue(client.connected)
        self.wait_counted("matches")
        self.assertEqual(client.receive(1, 0.3), b"")

    def setUp(self) -> None:
        self.renew_topology()
        super().setUp()


class Midstream(PolicyCase):
    """A connection from before the daemon's start."""

    def connected_before(self) -> tuple[RecordingServer, Client]:
        loop = AcceptAll(self.topology.gateway, "0")
        self.addCleanup(loop.kill)
        server = self.server(answer=lambda data: b"k")
        client = self.client(server)
        self.assertTrue(client.connected)
        client.send(b"before.")
        self.assertEqual(client.receive(1), b"k")
        loop.stop()
        return server, client

    def test_a_connection_in_the_middle_goes_on_and_is_judged(self) -> None:
        server, client = self.connected_before()
        self.policy_daemon("midstream")
        client.send(b"after.")
        self.assertTrue(wait_until(lambda: server.received() == b"before.after."))
        self.assertEqual(self.wait_counted("cause_midstream")["uninspected_midstream"], 0)
        self.assert_event("midstream", "accept")
        client.send(EVIL, cut=3)
        self.wait_counted("matches")
        self.assertNotIn(EVIL, server.received())

    def test_a_connection_in_the_middle_is_stopped_where_the_policy_says_drop(self) -> None:
        server, client = self.connected_before()
        self.policy_daemon("midstream", "drop")
        client.send(b"after.")
        self.assert_dropped("midstream")
        self.assert_stays(server.received, b"before.")

    def test_a_connection_in_the_middle_passes_unjudged_where_the_policy_says_accept(self) -> None:
        server, client = self.connected_before()
        self.policy_daemon("midstream", "accept")
        client.send(EVIL)
        self.assertTrue(wait_until(lambda: server.received() == b"before." + EVIL))
        self.assert_passed("midstream")


class Expired(PolicyCase):
    """Half a pattern, a long wait, the other half."""

    def half_a_pattern_and_a_wait(self) -> tuple[RecordingServer, Client]:
        server = self.server()
        client = self.client(server)
        client.send(EVIL[:6])
        self.assertTrue(wait_until(lambda: server.received() == EVIL[:6]))
        self.wait_counted("flows_expired")
        client.send(EVIL[6:])
        return server, client

    def test_a_connection_that_comes_back_after_its_state_expired_is_stopped(self) -> None:
        self.policy_daemon("expired", **SHORT)
        server, _ = self.half_a_pattern_and_a_wait()
        self.assert_dropped("expired")
        self.assert_stays(server.received, EVIL[:6])

    def test_it_is_stopped_without_a_connection_mark_too(self) -> None:
        text = divert.define(divert.shipped_rules("gateway.nft"), "interfaces", [f'"{LAN}"', f'"{WAN}"'])
        unmarked, lines = re.subn(r"^.* ct mark & \$seen .*\n", "", divert.set_queues(text, 0, 1), flags=re.MULTILINE)
        self.assertEqual(lines, 3)
        divert.install(self.topology.gateway, unmarked, queue_count=1)
        self.addCleanup(self.install_divert)
        self.policy_daemon("expired", **SHORT)
        server, _ = self.half_a_pattern_and_a_wait()
        self.assert_dropped("expired")
        self.assert_stays(server.received, EVIL[:6])

    def test_it_passes_unjudged_where_the_policy_says_accept(self) -> None:
        self.policy_daemon("expired", "accept", **SHORT)
        server, _ = self.half_a_pattern_and_a_wait()
        self.assertTrue(wait_until(lambda: server.received() == EVIL))
        self.assert_passed("expired")


if __name__ == "__main__":
    tap.main()
