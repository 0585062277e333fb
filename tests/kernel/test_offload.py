#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel does by itself: it forwards connections that are done, drops those that are blocked, and gives both
back when the rules have changed."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import divert, packets, tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, NO_RULES  # noqa: E402
from harness.offload import ELSEWHERE, OffloadCase  # noqa: E402
from harness.packets import ACK, PSH, RST, SYN  # noqa: E402
from harness.raw_client import RawClient  # noqa: E402
from harness.topology import FAMILIES, LAN, V4  # noqa: E402
from harness.traffic import wait_until  # noqa: E402

START_ONLY = {"rules": [{"id": "ssh", "action": "drop", "match": {"payload": {"starts_with": "SSH-"}}}]}
REJECT_EVIL = {"rules": [DROP_EVIL["rules"][0] | {"action": "reject"}]}


class Offload(OffloadCase):
    def test_a_connection_that_no_rule_concerns_never_comes_back_to_the_queue(self) -> None:
        self.daemon(ELSEWHERE)
        for family in FAMILIES:
            with self.subTest(version=family.version):
                passed = self.counter("offloaded")
                server = self.server(family)
                client = self.opened(server)
                self.assertEqual(self.bulk(client, server), 0)
                self.assertGreater(self.counter("offloaded"), passed + 4)

    def test_a_rule_about_the_start_lets_go_behind_it(self) -> None:
        self.daemon(START_ONLY)
        server = self.server()
        client = self.client(server)
        client.send(b"SSL?")
        server.send(b"what?")
        self.assertTrue(wait_until(lambda: server.received() == b"SSL?"))
        self.assertEqual(client.receive(5), b"what?")
        client.send(b".")  # acknowledges what the server has said
        self.assertTrue(wait_until(lambda: server.received() == b"SSL?."))
        self.assertEqual(self.bulk(client, server), 0)

    def test_a_rule_that_can_match_anywhere_sees_every_byte(self) -> None:
        self.daemon(DROP_EVIL)
        server = self.server()
        client = self.opened(server)
        self.assertGreater(self.bulk(client, server), 0)
        client.send(EVIL)
        self.assertFalse(wait_until(lambda: EVIL in server.received(), 0.7))

    def test_other_rules_get_the_connection_back(self) -> None:
        daemon = self.daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.assertEqual(self.bulk(client, server), 0)
        daemon.reload(DROP_EVIL, ("reloaded",))
        self.assertGreater(self.bulk(client, server), 0)
        client.send(EVIL)
        self.assertFalse(wait_until(lambda: EVIL in server.received(), 0.7))
        self.assert_anomalies("midstream")

    def test_the_same_rules_leave_it_where_it_is(self) -> None:
        daemon = self.daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        generation = self.generation()
        daemon.reload(ELSEWHERE, ("reloaded",))
        self.assertEqual(self.generation(), generation)
        self.assertEqual(self.bulk(client, server), 0)

    def test_a_generation_that_comes_round_again_means_nothing_to_old_marks(self) -> None:
        daemon = self.daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.bulk(client, server)
        first = self.generation()
        for number in range(6):
            daemon.reload(DROP_EVIL if number % 2 == 0 else REJECT_EVIL, ("reloaded",))
        self.assertEqual(self.generation(), first)
        client.send(EVIL)
        self.assertFalse(wait_until(lambda: EVIL in server.received(), 0.7))

    def test_another_daemon_with_other_rules_gets_it_back_too(self) -> None:
        daemon = self.daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.bulk(client, server)
        before = self.generation()
        daemon.stop()
        daemon.log_file.unlink()  # it says `ready` already
        client.send(b"still forwarded while no daemon runs")
        self.assertTrue(wait_until(lambda: server.received().endswith(b"daemon runs")))
        self.daemon(DROP_EVIL)
        self.assertNotEqual(self.generation(), before)
        client.send(EVIL)
        self.assertFalse(wait_until(lambda: EVIL in server.received(), 0.7))

    def test_a_blocked_connection_is_dropped_in_the_kernel(self) -> None:
        self.daemon(DROP_EVIL)
        server = self.server()
        client = self.opened(server)
        client.send(EVIL)
        self.assertTrue(wait_until(lambda: self.counter("blocked") >= 1))
        queued = divert.queued_packets(self.topology.gateway)
        client.send(b"more")
        server.send(b"an answer")
        self.assertTrue(wait_until(lambda: self.counter("blocked") >= 4), "retransmissions should have come by")
        self.assertEqual(divert.queued_packets(self.topology.gateway), queued)
        self.assertEqual(server.received(), b"x")
        self.assertEqual(client.receive(1, 0.1), b"")

    def test_a_rejected_connection_is_reset_by_the_kernel(self) -> None:
        self.daemon(REJECT_EVIL)
        server = self.server()
        with RawClient(self.topology, V4, server.port) as client:
            client.connect()
            client.send(0, EVIL)
            self.assertIsNotNone(client.wait_for(lambda s: s.flags & RST))
            queued, resets = divert.queued_packets(self.topology.gateway), len(resets_of(client))
            client.send(len(EVIL), b"more", ACK | PSH)
            self.assertTrue(wait_until(lambda: (client.poll(0.05), len(resets_of(client)) > resets)[1], 5))
            self.assertEqual(divert.queued_packets(self.topology.gateway), queued)

    def test_a_new_connection_on_the_ports_of_a_blocked_one_is_its_own(self) -> None:
        self.daemon(DROP_EVIL)
        server = self.server()
        with RawClient(self.topology, V4, server.port, source_port=34567) as client:
            client.connect()
            blocked = self.counter("blocked")
            self.assertTrue(wait_until(lambda: (client.send(0, EVIL), self.counter("blocked") > blocked)[1], 5))
            first = client.first
        server.close()  # its reset goes nowhere; the connection is forgotten here
        server = self.server(port=server.port)
        with RawClient(self.topology, V4, server.port, source_port=34567) as client:
            client.first = (first + 1_000_000) % (1 << 32)
            client.connect()
            client.send(0, b"fine")
            self.assertTrue(wait_until(lambda: server.received() == b"fine"))

    def test_a_stray_syn_does_not_cut_a_connection_that_is_done_and_forgotten(self) -> None:
        self.renew_topology()  # the first flow that expires is this one
        # The mark `seen` counts once the daemon has run for as long as blocked flows are remembered.
        daemon = self.daemon(ELSEWHERE, configuration={"timeouts": {"closing": "1s", "blocked": "1s"}})
        server = self.server()
        with RawClient(self.topology, V4, server.port) as client:
            client.connect()
            client.send(0, b"before")
            self.assertTrue(wait_until(lambda: server.received() == b"before"))
            self.assertTrue(wait_until(lambda: daemon.status()["flows"]["expired"] == 1, 10))
            client.send_packet(client.segment((client.first + 1_000_000) % (1 << 32), SYN))
            # Sent again, as TCP does: before the server's answer to the SYN it is premature.
            self.assertTrue(
                wait_until(
                    lambda: (client.send(6, b" and after"), server.received() == b"before and after")[1], 10, step=0.2
                )
            )

    def test_what_other_marks_say_stays(self) -> None:
        gateway = self.topology.gateway
        gateway.run("nft", "-f", "-", text_input=(
            "table inet operator {\n"
            " counter kept {}\n"
            " chain first { type filter hook forward priority -200; ct state new ct mark set 0x40000; }\n"
            " chain last { type filter hook forward priority 300; ct mark & 0x40000 == 0 counter name kept; }\n}\n"
        ))
        self.addCleanup(gateway.run, "nft", "delete", "table", "inet", "operator")
        self.daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.assertEqual(self.bulk(client, server), 0)
        listed = gateway.run("nft", "list", "counter", "inet", "operator", "kept").stdout
        self.assertIn("packets 0", listed, "packets whose other bit of the connection mark was gone")

    def test_it_can_be_switched_off(self) -> None:
        self.daemon(NO_RULES, configuration={"offload": "off"})
        server = self.server()
        client = self.opened(server)
        self.assertGreater(self.bulk(client, server), 0)
        self.assertEqual(self.generation(), [])

    def test_a_flush_of_the_rules_is_noticed_and_said_and_what_was_lost_is_put_back(self) -> None:
        daemon = self.daemon(ELSEWHERE)
        generation = self.generation()
        daemon.logged_after(
            lambda: self.topology.gateway.run("nft", "delete", "table", "inet", "nfsieve"), ("tables are gone",), 5
        )
        self.assertFalse(daemon.status()["well"])
        daemon.logged_after(self.install_divert, ("tables are loaded",), 5)
        self.assertTrue(wait_until(lambda: self.generation() == generation, 5), self.generation())
        self.assert_anomalies("tables_gone", "tables_loaded")
        self.assertEqual(daemon.events("anomaly")[0]["nfsieve"]["tables"], ["inet nfsieve"])
        server = self.server()
        # A worker learns within its next fifth of a second that it may mark connections again.
        self.assertTrue(wait_until(lambda: self.bulk(self.opened(server), server) == 0))

    def test_rules_that_are_flushed_out_of_their_table_are_missed_too(self) -> None:
        daemon = self.daemon(ELSEWHERE)
        self.addCleanup(self.install_divert)
        for flushed in (("table", "inet", "nfsieve"), ("chain", "inet", "nfsieve", "to_queue"),
                        ("chain", "inet", "nfsieve", "divert")):
            with self.subTest(flushed):
                daemon.logged_after(
                    lambda flushed=flushed: self.topology.gateway.run("nft", "flush", *flushed), ("rules are",), 5
                )
                self.assertFalse(daemon.status()["well"])
                daemon.logged_after(self.install_divert, ("tables are loaded",), 5)
                self.assertTrue(daemon.status()["well"], daemon.status()["problems"])

    def test_one_table_of_two_that_goes_is_missed(self) -> None:
        gateway = self.topology.gateway
        daemon = self.daemon(ELSEWHERE)
        self.addCleanup(gateway.run, "nft", "delete", "table", "inet", "nfsieve_host", check=False)
        daemon.logged_after(
            lambda: divert.install_host(gateway, [LAN], ports=["80"]), ("loaded", "inet nfsieve_host"), 5
        )
        said = daemon.logged_after(
            lambda: gateway.run("nft", "delete", "table", "inet", "nfsieve_host"), ("gone", "inet nfsieve_host"), 5
        )
        self.assertNotIn("no packet is diverted", said)
        self.assertIn("inet nfsieve_host is gone", " ".join(daemon.status()["problems"]))

    def test_status_says_what_the_kernel_does(self) -> None:
        daemon = self.daemon(ELSEWHERE)
        server = self.server()
        self.bulk(self.opened(server), server)
        offload = daemon.status()["offload"]
        self.assertEqual(offload["mode"], "marks")
        self.assertEqual([offload["generation"]], self.generation())
        # The last acknowledgement may pass between the two looks.
        self.assertTrue(wait_until(lambda: daemon.status()["offload"]["passed"] == self.counter("offloaded"), 5))


def resets_of(client: RawClient) -> list[packets.Segment]:
    return [segment for segment in client.seen if segment.flags & RST]


if __name__ == "__main__":
    tap.main()
