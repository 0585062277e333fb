#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that are done, in the kernel's flowtable: what gets there, and that it comes out again when the rules
change. The shipped gateway.nft with its lines for a flowtable."""

import pathlib
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import divert, packets, tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, request  # noqa: E402
from harness.daemon import Daemon, nfsieve_binary  # noqa: E402
from harness.offload import ELSEWHERE, PIECE, OffloadCase  # noqa: E402
from harness.packets import ACK, FIN, PSH, RST  # noqa: E402
from harness.raw_client import RawClient  # noqa: E402
from harness.topology import FAMILIES, LAN, V4, WAN  # noqa: E402
from harness.traffic import Client, RecordingServer, wait_until  # noqa: E402

CONFIGURATION = {"offload": "flowtable", "interfaces": [LAN, WAN]}
# Done once its first bytes are known; judged to its end otherwise.
TRUST_OR_EVIL = {"rules": [{"id": "trusted", "action": "accept", "direction": "to_server",
                            "match": {"payload": {"starts_with": "TRUST"}}}, *DROP_EVIL["rules"]]}
REJECT_EVIL = {"rules": [DROP_EVIL["rules"][0] | {"action": "reject"}]}
IP_NO_OPERATION = bytes([1, 1, 1, 0])  # RFC 791


class Flowtable(OffloadCase):
    @classmethod
    def install_divert(cls) -> None:
        divert.install_gateway(cls.topology.gateway, [LAN, WAN], flowtable=True)

    def flowtable_daemon(self, rules: dict, **configuration) -> Daemon:
        return self.daemon(rules, configuration=CONFIGURATION | configuration)

    def in_flowtable(self, port: int) -> bool:
        """Whether conntrack says so of the connection from the client's `port`."""
        with self.topology.gateway.entered(), open("/proc/thread-self/net/nf_conntrack", encoding="ascii") as listing:
            return any(f"sport={port} " in line and "[OFFLOAD]" in line for line in listing)

    def has_flowtable(self) -> bool:
        return "flowtable done" in self.topology.gateway.run("nft", "list", "table", "inet", "nfsieve").stdout

    def evicted(self, client: Client) -> None:
        """The kernel takes entries out some time after the daemon has asked for it."""
        self.assertTrue(wait_until(lambda: not self.in_flowtable(client.port), 5))

    def offloaded(self, server: RecordingServer, client: Client) -> None:
        """Proves that the connection passes neither the queue nor the forward path, and that all arrives."""
        self.bulk(client, server)
        self.assertTrue(self.in_flowtable(client.port))
        passed = self.counter("offloaded")
        self.assertEqual(self.bulk(client, server), 0)
        self.assertEqual(self.counter("offloaded"), passed)

    def assert_evil_blocked(self, server: RecordingServer, client: Client) -> None:
        client.send(EVIL)
        self.assertFalse(wait_until(lambda: EVIL in server.received(), 0.7))
        self.assertFalse(self.in_flowtable(client.port))

    def test_a_connection_that_is_done_passes_neither_the_queue_nor_the_forward_path(self) -> None:
        daemon = self.flowtable_daemon(ELSEWHERE)
        for family in FAMILIES:
            with self.subTest(version=family.version):
                server = self.server(family)
                client = self.opened(server)
                self.offloaded(server, client)
                passed, before = self.counter("offloaded"), len(server.received())
                for _ in range(16):  # 4 MiB
                    client.sock.sendall(PIECE * 16)
                self.assertTrue(wait_until(lambda: len(server.received()) - before == 256 * len(PIECE), 60))
                self.assertEqual(server.received()[before:], PIECE * 256)
                self.assertEqual(self.counter("offloaded"), passed)
        offload = daemon.status()["offload"]
        self.assertEqual((offload["mode"], sorted(offload["flowtable"])), ("flowtable", [LAN, WAN]))
        self.assertTrue(daemon.status()["well"], daemon.status()["problems"])

    def test_what_a_rule_may_still_match_never_gets_there(self) -> None:
        self.flowtable_daemon(DROP_EVIL)
        server = self.server()
        client = self.opened(server)
        self.assertGreater(self.bulk(client, server), 0)
        self.assertFalse(self.in_flowtable(client.port))
        self.assert_evil_blocked(server, client)
        server.send(b"an answer")
        self.assertEqual(client.receive(len(client.received) + 1, 0.3), client.received)
        self.assertFalse(self.in_flowtable(client.port))

    def raw_in_flowtable(self, client: RawClient, server: RecordingServer) -> int:
        """Connects, and sends until the connection is in the flowtable; the stream offset that is then reached."""
        before = len(server.connections)
        client.connect()
        client.send(0, b"TRUST")
        sent = 5
        self.assertTrue(wait_until(lambda: server.connections[before:] and server.connections[before].data == b"TRUST"))
        while not self.in_flowtable(client.source_port) and sent < 50:
            client.send(sent, b".")
            sent += 1
            self.assertTrue(client.wait_acknowledged(sent))
        self.assertTrue(self.in_flowtable(client.source_port))
        return sent

    def test_an_end_is_handed_back_and_the_next_connection_on_its_ports_is_judged(self) -> None:
        self.addCleanup(self.renew_topology)
        self.flowtable_daemon(TRUST_OR_EVIL)
        server = self.server()
        for flag, ended in ((FIN, "fin"), (RST, "reset")):
            with self.subTest(ended), RawClient(self.topology, V4, server.port) as client:
                sent = self.raw_in_flowtable(client, server)
                client.send(sent, b"", flag | ACK)
                self.assertTrue(wait_until(lambda: server.connections[-1].ended == ended))
                if flag == FIN:
                    end = client.wait_for(lambda s: s.flags & FIN)
                    self.assertIsNotNone(end)
                    client.acknowledged = end.sequence + 1
                    client.send(sent + 1, b"", ACK)
                client.first += 1_000_000
                client.seen.clear()
                client.connect()
                client.send(0, EVIL)
                self.assertFalse(wait_until(lambda: EVIL in server.received(), 0.7))

    def test_other_rules_get_the_connection_back(self) -> None:
        daemon = self.flowtable_daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.offloaded(server, client)
        daemon.reload(DROP_EVIL, ("reloaded",))
        self.evicted(client)
        self.assertGreater(self.bulk(client, server), 0)
        self.assert_evil_blocked(server, client)
        self.assert_anomalies("midstream")

    def test_the_same_rules_leave_it_where_it_is_and_so_does_loading_the_file_again(self) -> None:
        daemon = self.flowtable_daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.offloaded(server, client)
        daemon.reload(ELSEWHERE, ("reloaded",))
        self.install_divert()
        self.assertTrue(self.in_flowtable(client.port))
        self.assertEqual(self.bulk(client, server), 0)

    def test_it_goes_back_there_once_it_is_done_by_the_new_rules(self) -> None:
        daemon = self.flowtable_daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.offloaded(server, client)
        for contained in ("further", "furthest"):
            other = ELSEWHERE["rules"][0] | {"match": {"payload": {"contains": contained}}}
            daemon.reload({"rules": [other]}, ("reloaded",))
            self.evicted(client)
            self.offloaded(server, client)

    def test_what_a_reload_takes_from_the_queues_is_sent_again(self) -> None:
        daemon = self.flowtable_daemon(DROP_EVIL)
        server = self.server()
        client = self.opened(server)
        client.sock.settimeout(30)
        ended, sent = threading.Event(), []

        def send() -> None:
            while not ended.is_set():
                sent.append(PIECE)
                client.sock.sendall(PIECE)
                time.sleep(0.001)

        sender = threading.Thread(target=send)
        sender.start()
        for number in range(4):
            daemon.reload(DROP_EVIL if number % 2 else REJECT_EVIL, ("reloaded",))
        ended.set()
        sender.join(30)
        self.assertTrue(wait_until(lambda: len(server.received()) == 1 + len(sent) * len(PIECE), 30))
        self.assertEqual(server.received(), b"x" + b"".join(sent))
        kernel = daemon.status_at_rest()["kernel"]
        self.assertEqual(kernel["rest"], 0)

    def test_another_daemon_with_other_rules_gets_it_back_too(self) -> None:
        daemon = self.flowtable_daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.offloaded(server, client)
        daemon.stop()
        daemon.log_file.unlink()  # it says `ready` already
        self.assertEqual(self.bulk(client, server), 0)
        self.flowtable_daemon(DROP_EVIL)
        self.assert_evil_blocked(server, client)

    def test_a_daemon_that_goes_by_marks_takes_the_flowtable_away(self) -> None:
        self.addCleanup(self.install_divert)
        for mode in ("marks", "off"):
            with self.subTest(mode):
                self.install_divert()
                daemon = self.flowtable_daemon(ELSEWHERE)
                server = self.server()
                client = self.opened(server)
                self.offloaded(server, client)
                daemon.stop()
                daemon.log_file.unlink()
                daemon = self.flowtable_daemon(DROP_EVIL, offload=mode)
                self.assertFalse(self.has_flowtable())
                self.assert_evil_blocked(server, client)
                self.install_divert()
                self.assertTrue(wait_until(lambda: not self.has_flowtable(), 5))
                daemon.stop()
                daemon.log_file.unlink()

    def test_a_flush_of_the_ruleset_lets_go_what_was_there_and_loading_it_again_gets_it_judged(self) -> None:
        daemon = self.flowtable_daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.offloaded(server, client)
        gateway = self.topology.gateway
        daemon.logged_after(lambda: gateway.run("nft", "flush", "ruleset"), ("tables are gone",), 5)
        self.evicted(client)
        daemon.logged_after(self.install_divert, ("tables are loaded",), 5)
        self.assertTrue(wait_until(lambda: self.generation() != [], 5))
        self.offloaded(server, client)
        daemon.logged_after(lambda: gateway.run("nft", "flush", "ruleset"), ("tables are gone",), 5)
        daemon.reload(DROP_EVIL, ("reloaded",))
        daemon.logged_after(self.install_divert, ("tables are loaded",), 5)
        self.assert_evil_blocked(server, client)

    def test_a_syn_never_passes_in_the_flowtable(self) -> None:
        self.renew_topology()
        self.addCleanup(self.renew_topology)
        self.topology.gateway.sysctl("netfilter/nf_flowtable_tcp_timeout", "6")
        self.flowtable_daemon(TRUST_OR_EVIL)
        server = self.server()
        with RawClient(self.topology, V4, server.port) as client:
            sent = self.raw_in_flowtable(client, server)
            # The flowtable leaves packets with options to the chains, and does not see that this is the end.
            client.send_packet(packets.ip(client.source, client.target, packets.tcp(
                client.source, client.target, client.source_port, client.port, client.first + 1 + sent,
                client.acknowledged, RST | ACK), extensions=IP_NO_OPERATION))
            self.assertTrue(wait_until(lambda: server.connections[0].ended == "reset"))
            self.assertTrue(self.in_flowtable(client.source_port))
            with RawClient(self.topology, V4, server.port, source_port=client.source_port) as again:
                with self.assertRaises(TimeoutError):
                    again.connect(timeout=0.7)
                self.assertEqual(self.counter("stray_syns", "netdev"), 1)
                self.assertTrue(wait_until(lambda: not self.in_flowtable(client.source_port), 20))
                again.connect()
                again.send(0, EVIL, ACK | PSH)
                self.assertFalse(wait_until(lambda: EVIL in server.received(), 0.7))

    def test_the_gateways_own_connections_are_let_out(self) -> None:
        self.flowtable_daemon(ELSEWHERE)
        for family in FAMILIES:
            server = self.server(family)
            with Client(self.topology.gateway, server.address, server.port) as client:
                self.assertTrue(client.connected)

    def test_a_connection_with_one_inspected_end_alone_passes_by_its_mark(self) -> None:
        self.addCleanup(self.renew_topology)
        self.topology.gateway.run("nft", "delete", "element", "inet", "nfsieve", "interfaces", f'{{ "{WAN}" }}')
        self.flowtable_daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        self.assertEqual(self.bulk(client, server), 0)
        self.assertFalse(self.in_flowtable(client.port))

    def test_an_interface_that_goes_away_is_said_and_leaves_the_flowtable_to_the_others(self) -> None:
        self.addCleanup(self.renew_topology)
        gateway = self.topology.gateway
        gateway.run("ip", "link", "add", "gone0", "type", "dummy")
        gateway.run("nft", "flush", "ruleset")
        divert.install_gateway(gateway, [LAN, WAN, "gone0"], flowtable=True)
        daemon = self.flowtable_daemon(ELSEWHERE, interfaces=[LAN, WAN, "gone0"])
        self.assertTrue(daemon.status()["well"], daemon.status()["problems"])
        server = self.server()
        client = self.opened(server)
        self.offloaded(server, client)
        gateway.run("ip", "link", "delete", "gone0")
        self.assertIn("gone0 is not in the flowtable", " ".join(daemon.status()["problems"]))
        self.assertEqual(self.bulk(client, server), 0)
        daemon.reload(DROP_EVIL, ("reloaded",))
        self.assertIn("gone0 is not in the flowtable", " ".join(daemon.status()["problems"]))
        self.assert_evil_blocked(server, client)

    def test_without_the_chains_that_drop_syns_it_is_taken_away(self) -> None:
        self.addCleanup(self.renew_topology)
        gateway = self.topology.gateway
        daemon = self.flowtable_daemon(ELSEWHERE)
        server = self.server()
        client = self.opened(server)
        for taken in (("delete", "table", "netdev", "nfsieve"), ("flush", "table", "netdev", "nfsieve"),
                      ("flush", "chain", "inet", "nfsieve", "leave")):
            with self.subTest(taken):
                self.offloaded(server, client)
                daemon.logged_after(lambda taken=taken: gateway.run("nft", *taken), ("netdev nfsieve", "syns"), 5)
                self.assertTrue(wait_until(lambda: not self.has_flowtable(), 5))
                self.evicted(client)
                self.assertEqual(self.bulk(client, server), 0)
                self.assertIn("has no flowtable", " ".join(daemon.status()["problems"]))
                self.install_divert()
        self.offloaded(server, client)

    def test_a_table_without_one_is_said(self) -> None:
        self.addCleanup(self.renew_topology)
        self.topology.gateway.run("nft", "delete", "table", "inet", "nfsieve")
        divert.install_gateway(self.topology.gateway, [LAN, WAN])
        daemon = self.flowtable_daemon(ELSEWHERE)
        self.assertIn("has no flowtable", " ".join(daemon.status()["problems"]))

    def test_what_is_printed_for_a_configuration_does_the_same(self) -> None:
        self.addCleanup(self.renew_topology)
        daemon = self.flowtable_daemon(ELSEWHERE)
        printed = subprocess.run(
            [nfsieve_binary(), "nft", "--config", str(daemon.config_file)], capture_output=True, text=True, check=True
        ).stdout
        self.topology.gateway.run("nft", "flush", "ruleset")
        daemon.logged_after(lambda: divert.install(self.topology.gateway, printed), ("tables are loaded",), 5)
        divert.install(self.topology.gateway, printed)
        self.assert_passes(self.server(), request())
        server = self.server()
        client = self.opened(server)
        self.offloaded(server, client)


if __name__ == "__main__":
    tap.main()
