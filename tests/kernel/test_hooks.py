#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon on a host of its own: hooks input and output, and the ruleset that `nfsieve nft` prints."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import json  # noqa: E402

from harness import divert, tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, GatewayCase  # noqa: E402
from harness.daemon import nfsieve_binary  # noqa: E402
from harness.topology import FAMILIES, LAN, WAN, Family  # noqa: E402
from harness.traffic import Client, RecordingServer, wait_until  # noqa: E402


class HostHooks(GatewayCase):
    """The gateway's own sockets, as a server (towards the client) and as a client (towards the server)."""

    @classmethod
    def install_divert(cls) -> None:
        divert.install_host(cls.topology.gateway, [LAN, WAN], ports=["1024-65535"])

    def own_server(self, family: Family) -> RecordingServer:
        server = RecordingServer(self.topology.gateway, family.gateway_lan)
        self.addCleanup(server.close)
        return server

    def own_client(self, server: RecordingServer) -> Client:
        client = Client(self.topology.gateway, server.address, server.port)
        self.addCleanup(client.abort)
        return client

    def test_what_comes_in_passes_or_is_blocked(self) -> None:
        self.daemon(DROP_EVIL)
        for family in FAMILIES:
            with self.subTest(version=family.version):
                self.assert_passes(self.own_server(family), b"harmless")
                self.assert_blocked(self.own_server(family), EVIL, EVIL)
                self.assert_blocked(self.own_server(family), EVIL, EVIL, cut=1)

    def test_what_goes_out_passes_or_is_blocked(self) -> None:
        self.daemon(DROP_EVIL)
        for family in FAMILIES:
            with self.subTest(version=family.version):
                server = self.server(family)
                self.own_client(server).send(b"harmless")
                self.assertTrue(wait_until(lambda: server.received() == b"harmless"))
                self.own_client(server).send(EVIL)
                wait_until(lambda: EVIL in server.received(), 0.7)
                self.assertEqual(server.received(), b"harmless")

    def test_a_reject_resets_the_hosts_own_client(self) -> None:
        self.daemon({"rules": [{**DROP_EVIL["rules"][0], "action": "reject"}]})
        for family in FAMILIES:
            with self.subTest(version=family.version):
                server = self.server(family)
                client = self.own_client(server)
                client.send(EVIL)
                self.assertTrue(client.wait_reset(), "the client was left hanging")
                self.assertTrue(server.wait_all_reset())


class PrintedRules(GatewayCase):
    @classmethod
    def install_divert(cls) -> None:
        """Each test loads what `nfsieve nft` prints for its configuration."""

    def load_printed(self, configuration: dict, **kind) -> None:
        file = self.directory / "printed.json"
        file.write_text(json.dumps({"queues": "0-1", **configuration}), encoding="utf-8")
        printed = self.topology.gateway.run(nfsieve_binary(), "nft", "--config", str(file)).stdout
        for _ in range(2):
            divert.install(self.topology.gateway, printed, **kind)

    def test_the_gateway_rules_for_a_configuration_divert_its_traffic(self) -> None:
        self.load_printed({"interfaces": [LAN, WAN]})
        self.addCleanup(self.topology.gateway.run, "nft", "delete", "table", "inet", "nfsieve")
        self.daemon(DROP_EVIL)
        self.assert_passes(self.server(), b"harmless")
        self.assert_blocked(self.server(), EVIL, EVIL)

    def test_the_host_rules_for_a_configuration_divert_its_traffic(self) -> None:
        self.load_printed({"interfaces": [LAN], "hook": ["input", "output"]}, hook="host")
        self.addCleanup(self.topology.gateway.run, "nft", "delete", "table", "inet", "nfsieve_host")
        self.daemon(DROP_EVIL)
        server = RecordingServer(self.topology.gateway, FAMILIES[0].gateway_lan)
        self.addCleanup(server.close)
        self.assert_passes(server, b"harmless")
        self.assert_blocked(server, EVIL, EVIL)


if __name__ == "__main__":
    tap.main()
