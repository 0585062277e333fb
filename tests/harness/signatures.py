# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the tests of rules that look into HTTP and TLS: rule files in Suricata's language, and web ends."""

import http.client

from .case import GatewayCase
from .daemon import Daemon
from .nginx import Nginx
from .topology import V4, Family
from .traffic import Client, RecordingServer, family_of, forget_on_close, wait_until

PATIENCE = 0.5  # seconds in which what was dropped once is sent again, and must be dropped again
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def signature(action: str, protocol: str, direction: str, body: str, sid: int = 1) -> str:
    """A rule for any addresses; `direction` is to_server or to_client."""
    return (
        f'{action} {protocol} any any -> any any (msg:"rule {sid}"; flow:established,{direction}; {body} sid:{sid};)'
    )


def answer_requests(data: bytes) -> bytes:
    """For a RecordingServer: each request without a body gets its answer."""
    return OK if data.endswith(b"\r\n\r\n") else b""


class SignatureCase(GatewayCase):
    def signatures(self, *rules: str, **options) -> Daemon:
        """A started daemon with a rule file in Suricata's language, a rule a line."""
        file = self.directory / "local.rules"
        file.write_text("\n".join(rules) + "\n", encoding="utf-8")
        return self.daemon(file, **options)

    def web_server(self, family: Family = V4, **options) -> RecordingServer:
        return self.server(family, **({"answer": answer_requests} | options))

    def nginx(self) -> Nginx:
        directory = self.directory / "nginx"
        directory.mkdir()
        self.directory.chmod(0o755)
        nginx = Nginx(self.topology.server, directory, (V4.server,))
        self.addCleanup(nginx.close)
        return nginx

    def browser(self, server: RecordingServer, timeout: float = 5) -> http.client.HTTPConnection:
        """A connection that is kept alive; nothing is retransmitted once the test has ended."""
        browser = http.client.HTTPConnection(server.address, server.port, timeout=timeout)
        browser.sock = self.topology.client.socket(family_of(server.address))
        browser.sock.settimeout(timeout)
        forget_on_close(browser.sock)
        self.addCleanup(browser.close)
        browser.sock.connect((server.address, server.port))
        return browser

    def exchange(self, server: RecordingServer, request: bytes, *, cut: int = 0, timeout: float = 5) -> Client:
        """Sends `request` and reads one answer of the server's, or what comes of it in `timeout` seconds."""
        client = self.client(server, patience=10)
        client.send(request, cut)
        client.receive(len(OK), timeout)
        return client

    def assert_answered(self, server: RecordingServer, request: bytes, *, cut: int = 0) -> None:
        self.assertEqual(self.exchange(server, request, cut=cut).received, OK)

    def assert_none_arrives(
        self, server: RecordingServer, *sendings: tuple[bytes, int], secrets: tuple[bytes, ...]
    ) -> None:
        """Of `sendings` (bytes, and how to cut them), each on a connection of its own, no secret becomes whole at the
        server. They wait together."""
        before = len(server.connections)
        for payload, cut in sendings:
            client = self.client(server)
            self.assertTrue(client.connected, "the connection was not made")
            client.send(payload, cut)
        wait_until(lambda: False, PATIENCE)
        arrived = [connection.data for connection in server.connections[before:]]
        self.assertEqual([secret for secret in secrets if any(secret in data for data in arrived)], [])

    def alerted(self, daemon: Daemon, count: int) -> list[int]:
        """The signature ids of all alerts, of which there are `count` and, a little later, no more."""
        daemon.wait_alerts(count)
        wait_until(lambda: len(daemon.events("alert")) > count, 0.2)
        return [event["alert"]["signature_id"] for event in daemon.events("alert")]
