#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ordinary sockets through the gateway: what passes, what is blocked, and what the ends see of it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import divert, tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, NO_RULES, GatewayCase, request  # noqa: E402
from harness.topology import FAMILIES, V4, V6  # noqa: E402
from harness.traffic import Client, wait_until  # noqa: E402

EXPLOIT = request("/?q=" + EVIL.decode())


def one_rule(action: str, direction: str, match: dict, **more) -> dict:
    return {"rules": [{"id": "only", "action": action, "direction": direction, "match": {"payload": match}, **more}]}


class Blocking(GatewayCase):
    def test_an_ordinary_request_and_its_answer_pass(self) -> None:
        self.daemon(DROP_EVIL)
        for family in FAMILIES:
            for cut in (0, 1):
                with self.subTest(version=family.version, cut=cut):
                    server = self.server(family, answer=lambda data: b"200" if data.endswith(b"\r\n\r\n") else b"")
                    with self.client(server, patience=10) as client:
                        client.send(request("/harmless"), cut)
                        self.assertEqual(client.receive(3), b"200")
                    self.assertEqual(server.received(), request("/harmless"))

    def test_a_gateway_without_rules_passes_everything(self) -> None:
        self.daemon(NO_RULES)
        self.assert_passes(self.server(), EXPLOIT)

    def test_an_exploit_is_blocked_whole_and_in_pieces(self) -> None:
        self.daemon(DROP_EVIL)
        for family in FAMILIES:
            for cut in (0, 7, 1):
                with self.subTest(version=family.version, cut=cut):
                    client = self.assert_blocked(self.server(family), EXPLOIT, EVIL, cut=cut)
                    wait_until(lambda: len(self.alerts_of(client)) > 0)
                    self.assertEqual(len(self.alerts_of(client)), 1)

    def alerts_of(self, client: Client) -> list[dict]:
        return [event for event in self.running.events("alert") if event["src_port"] == client.port]

    def test_what_precedes_the_segment_that_completes_the_match_has_arrived(self) -> None:
        self.daemon(DROP_EVIL)
        server = self.server()
        self.assert_blocked(server, EXPLOIT, EVIL, cut=1)
        self.assertEqual(server.received(), EXPLOIT[: EXPLOIT.index(EVIL) + len(EVIL) - 1])

    def test_a_blocked_connection_stays_blocked_in_both_directions(self) -> None:
        self.daemon(DROP_EVIL)
        server = self.server(answer=lambda data: b"greetings" if b"first" in data else b"")
        client = self.client(server)
        client.send(b"first")
        self.assertEqual(client.receive(9), b"greetings")
        client.send(EVIL)
        client.send(b"harmless but late")
        self.assertEqual(client.receive(10, timeout=1), b"greetings")
        self.assertEqual(server.received(), b"first")

    def test_other_connections_go_on_beside_a_blocked_one(self) -> None:
        self.daemon(DROP_EVIL)
        server = self.server()
        bystander = self.client(server)
        bystander.send(b"before ")
        self.assertTrue(wait_until(lambda: server.received() == b"before "))
        self.assert_blocked(server, EVIL, EVIL)
        bystander.send(b"after")
        self.assertTrue(wait_until(lambda: server.connections[0].data == b"before after"))

    def test_a_secret_in_an_answer_is_rejected_and_resets_both_ends_at_once(self) -> None:
        rules = one_rule("reject", "to_client", {"regex": "SECRETFLAG[0-9]+X", "nocase": True})
        self.daemon(rules)
        for family in FAMILIES:
            for cut in (0, 1):
                with self.subTest(version=family.version, cut=cut):
                    server = self.server(family, greeting=b"" if cut else b"..secretflag77x..")
                    client = self.client(server)
                    if cut:
                        self._answer_byte_by_byte(server, b"..secretflag77x..")
                    self.assertTrue(client.wait_reset(), "the client was left hanging")
                    self.assertNotIn(b"secretflag77x", client.received)
                    self.assertTrue(server.wait_all_reset())

    def _answer_byte_by_byte(self, server, data: bytes) -> None:
        for byte in data:
            server.send(bytes([byte]))

    def test_a_rejected_request_resets_both_ends_at_once(self) -> None:
        self.daemon(one_rule("reject", "to_server", {"contains": EVIL.decode()}))
        for family in FAMILIES:
            with self.subTest(version=family.version):
                server = self.server(family)
                client = self.client(server)
                client.send(EXPLOIT)
                self.assertTrue(client.wait_reset(), "the client was left hanging")
                self.assertTrue(server.wait_all_reset())
                self.assertEqual(server.received(), b"")

    def test_a_rule_for_one_direction_lets_the_other_pass(self) -> None:
        self.daemon(one_rule("drop", "to_client", {"contains": EVIL.decode()}))
        self.assert_passes(self.server(), EXPLOIT)

    def test_a_regular_expression_is_found_across_segments(self) -> None:
        self.daemon(one_rule("drop", "to_server", {"regex": "union\\s+select", "nocase": True}))
        self.assert_passes(self.server(), b"union of selected things")
        for cut in (0, 1, 3):
            with self.subTest(cut=cut):
                self.assert_blocked(self.server(), b"id=1 UNION \t SELECT 2", b"SELECT", cut=cut)

    def test_a_rule_for_one_port_and_network_lets_others_pass(self) -> None:
        watched, other = self.server(), self.server()
        rule = one_rule("drop", "to_server", {"contains": EVIL.decode()}, to={"ports": [watched.port]})
        self.daemon(rule)
        self.assert_passes(other, EXPLOIT)
        self.assert_blocked(watched, EXPLOIT, EVIL)

    def test_addresses_of_a_named_set_are_told_apart(self) -> None:
        rules = one_rule("drop", "to_server", {"contains": EVIL.decode()}, to={"addresses": "@inside"})
        self.daemon(rules | {"sets": {"inside": ["fd91:2::/64"]}})
        self.assert_passes(self.server(V4), EXPLOIT)
        self.assert_blocked(self.server(V6), EXPLOIT, EVIL)

    def test_an_alert_rule_reports_and_lets_pass(self) -> None:
        daemon = self.daemon(one_rule("alert", "to_server", {"contains": EVIL.decode()}))
        self.assert_passes(self.server(), EXPLOIT)
        self.assertEqual(daemon.wait_alerts()[0]["alert"]["action"], "allowed")

    def test_an_accept_rule_ends_inspection_and_takes_the_connection_off_the_queue(self) -> None:
        accept = {"id": "trusted", "action": "accept", "direction": "to_server",
                  "match": {"payload": {"starts_with": "TRUSTED"}}}
        self.daemon({"rules": [accept, *DROP_EVIL["rules"]]})
        server = self.server(answer=lambda data: b"k" if data.endswith(b"!") else b"")
        client = self.client(server)
        client.send(b"TRUSTED!")
        self.assertEqual(client.receive(1), b"k")
        client.send(EVIL + b"!")  # carries the acknowledgement that settles the mark at the latest
        self.assertEqual(client.receive(2), b"kk")
        client.send(b"!")
        self.assertEqual(client.receive(3), b"kkk")
        before = divert.queued_packets(self.topology.gateway)
        for round_number in range(4, 24):
            client.send(EVIL + b"!")
            self.assertEqual(len(client.receive(round_number)), round_number)
        self.assertEqual(divert.queued_packets(self.topology.gateway), before)
        self.assert_blocked(self.server(), EXPLOIT, EVIL)

    def test_a_default_of_drop_lets_only_accepted_connections_pass(self) -> None:
        accept = {"id": "hello", "action": "accept", "direction": "to_server",
                  "match": {"payload": {"starts_with": "HELLO"}}}
        self.daemon({"default": "drop", "rules": [accept]})
        self.assert_passes(self.server(), b"HELLO there, this passes")
        self.assert_blocked(self.server(), b"GOODBYE then", b"GOODBYE then")


if __name__ == "__main__":
    tap.main()
