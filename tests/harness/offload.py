# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the tests of what the kernel does by itself."""

import re

from . import divert
from .case import GatewayCase
from .traffic import Client, RecordingServer, wait_until

PIECE = bytes(range(256)) * 64
# About a port on which no test listens.
ELSEWHERE = {"rules": [{"id": "far", "action": "drop", "to": {"ports": [1]}, "match": {"payload": {"contains": "far"}}}]}


class OffloadCase(GatewayCase):
    def counter(self, name: str, family: str = "inet") -> int:
        listed = self.topology.gateway.run("nft", "list", "counter", family, "nfsieve", name).stdout
        found = re.search(r"packets (\d+)", listed)
        self.assertIsNotNone(found, listed)
        return int(found[1])

    def generation(self) -> list[int]:
        """What the set holds."""
        listed = self.topology.gateway.run("nft", "list", "set", "inet", "nfsieve", "generation").stdout
        return [int(mark, 16) >> 8 for mark in re.findall(r"0x[0-9a-f]+", listed.partition("elements")[2])]

    def assert_anomalies(self, *expected: str) -> None:
        """Those events have come, in that order, and no others."""

        def come() -> list[str]:
            return [event["anomaly"]["event"] for event in self.running.events("anomaly")]

        wait_until(lambda: len(come()) >= len(expected))
        self.assertEqual(come(), list(expected))

    def bulk(self, client: Client, server: RecordingServer) -> int:
        """Sends much both ways, which arrives; how many packets of it came to the queue."""
        before = divert.queued_packets(self.topology.gateway)
        at_server, at_client = server.received(), client.received
        for _ in range(16):
            at_server, at_client = at_server + PIECE, at_client + PIECE
            client.send(PIECE)
            server.send(PIECE, connection=len(server.connections) - 1)
            self.assertEqual(len(client.receive(len(at_client))), len(at_client))
            self.assertTrue(wait_until(lambda: len(server.received()) == len(at_server)))
        self.assertEqual((server.received(), client.received), (at_server, at_client))
        return divert.queued_packets(self.topology.gateway) - before

    def opened(self, server: RecordingServer) -> Client:
        """A connection on which a byte was sent and acknowledged."""
        before = len(server.connections)
        client = self.client(server)
        self.assertTrue(client.connected)
        client.send(b"x")
        self.assertTrue(wait_until(lambda: server.connections[before:] and server.connections[before].data == b"x"))
        return client
