# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the kernel and VM test cases: one gateway for a class, one daemon and one server for a test."""

import os
import pathlib
import re
import tempfile
import unittest

from . import divert
from .daemon import Daemon
from .topology import LAN, V4, WAN, Family, Topology
from .traffic import Client, RecordingServer, wait_until

EVIL = b"EVILPATTERN"
DROP_EVIL = {"rules": [{"id": "evil", "action": "drop", "match": {"payload": {"contains": EVIL.decode()}}}]}
# What the sanitizers write where they find something.
SANITIZER_REPORT = re.compile(r"(?:ERROR|WARNING): \w+Sanitizer|runtime error:")
NO_RULES: dict = {"default": "accept", "rules": []}


def request(path: str = "/", method: str = "GET", body: str = "") -> bytes:
    """An HTTP/1.1 request as a client would write it."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: test\r\n{length}\r\n{body}".encode()


class GatewayCase(unittest.TestCase):
    """`topology`, with the shipped gateway rules installed on it, is shared by the tests of a class."""

    topology: Topology
    offload = True
    queue_count = 2

    @classmethod
    def setUpClass(cls) -> None:
        cls.topology = Topology(offload=cls.offload)
        cls.addClassCleanup(lambda: cls.topology.close())
        cls.install_divert()

    @classmethod
    def renew_topology(cls) -> None:
        """For tests that leave connections behind: their retransmissions end with the old namespaces."""
        cls.topology.close()
        cls.topology = Topology(offload=cls.offload)
        cls.install_divert()

    @classmethod
    def install_divert(cls) -> None:
        divert.install_gateway(cls.topology.gateway, [LAN, WAN], queue_count=cls.queue_count)

    def setUp(self) -> None:
        # Goes at the end of the test, and at the end of the process where the test is interrupted.
        temporary = tempfile.TemporaryDirectory(prefix="nfsieve-test-", ignore_cleanup_errors=True)
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name)
        self.running: Daemon | None = None
        self._last_log = ""

    def tell_about_failure(self) -> str:
        return self._last_log

    def daemon(self, rules: dict | pathlib.Path, **options) -> Daemon:
        """A started daemon, stopped at the end of the test."""
        self.running = Daemon(self.topology.gateway, self.directory, rules, **options)
        self.addCleanup(self._finish, self.running)
        return self.running.start()

    def _finish(self, daemon: Daemon) -> None:
        # A sanitizer looks for leaks at the end: it must be allowed to get there.
        status = daemon.stop() if os.environ.get("NFSIEVE_SANITIZED") and daemon.alive() else daemon.kill()
        log = daemon.log()
        self._last_log = f"the daemon's log:\n{log[-3000:]}"
        report = SANITIZER_REPORT.search(log)
        if report:
            self._last_log = f"the daemon's log:\n{log[report.start() :][:6000]}"
            self.fail(report.group())
        self.assertFalse(status, "the exit status of a daemon that was told to stop")

    def server(self, family: Family = V4, **options) -> RecordingServer:
        server = RecordingServer(self.topology.server, family.server, **options)
        self.addCleanup(server.close)
        return server

    def client(self, server: RecordingServer, **options) -> Client:
        client = Client(self.topology.client, server.address, server.port, **options)
        self.addCleanup(client.abort)
        return client

    def assert_passes(self, server: RecordingServer, payload: bytes, *, cut: int = 0) -> None:
        """A connection of its own brings `payload` to the server, whole."""
        before = len(server.connections)
        with self.client(server, patience=10) as client:
            self.assertTrue(client.connected, "the connection was not made")
            client.send(payload, cut)
            arrived = wait_until(lambda: server.connections[before:] and server.connections[before].data == payload, 10)
        self.assertTrue(arrived, f"the server read {[c.data[:80] for c in server.connections[before:]]}")

    def assert_blocked(self, server: RecordingServer, payload: bytes, secret: bytes, *, cut: int = 0) -> Client:
        """`secret` does not become whole at the server, nor does anything after it."""
        before = len(server.connections)
        client = self.client(server)
        self.assertTrue(client.connected, "the connection was not made")
        client.send(payload, cut)
        seen = b"".join(c.data for c in server.connections[before:])
        # Two retransmissions' time: what was dropped once must be dropped again.
        wait_until(lambda: secret in b"".join(c.data for c in server.connections[before:]), 0.7)
        seen = b"".join(c.data for c in server.connections[before:])
        self.assertNotIn(secret, seen)
        return client
