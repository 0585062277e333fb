#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules about payload where both ends of a connection encrypt: the rest of it never comes to the queue. Until then, and
where only one end seems to, it is looked into as ever."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import ssl  # noqa: E402

from harness import divert, tap  # noqa: E402
from harness.case import EVIL  # noqa: E402
from harness.signatures import PATIENCE, signature  # noqa: E402
from harness.ssh import CLIENT_HELLO, SERVER_HELLO  # noqa: E402
from harness.tls import GREETING, TlsClient, TlsServer  # noqa: E402
from harness.tls_case import TlsCase  # noqa: E402
from harness.traffic import RecordingServer, unacknowledged, wait_until  # noqa: E402

RULES = tuple(
    signature("drop", "tcp", direction, f'content:"{EVIL.decode()}";', sid)
    for sid, direction in enumerate(("to_server", "to_client"), 1)
)


class EncryptedCase(TlsCase):
    def assert_stays_out(self, server: RecordingServer) -> None:
        wait_until(lambda: EVIL in server.received(), PATIENCE)
        self.assertNotIn(EVIL, server.received())


class Tls(EncryptedCase):
    """Ends of OpenSSL's, and records of a client's own that have what the rules look for between them."""

    FORGED = bytes.fromhex("17 0303") + len(EVIL).to_bytes(2, "big") + EVIL  # application data, as it claims
    VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)

    def encrypted(self, version: ssl.TLSVersion) -> tuple[TlsServer, TlsClient]:
        """A connection over which both ends have said something."""
        server = self.tls_server(newest=version)
        talk = self.tls_client(server, "shop.example")
        self.assertEqual(talk.greeting(), GREETING)
        talk.client.send(talk.end.say(b"thanks"))
        self.assertTrue(wait_until(lambda: server.heard() == b"thanks" and not unacknowledged(talk.client.sock)))
        return server, talk

    def test_it_is_left_to_the_kernel_once_both_ends_encrypt(self) -> None:
        daemon = self.signatures(*RULES)
        for version in self.VERSIONS:
            with self.subTest(version.name):
                server, talk = self.encrypted(version)
                queued = divert.queued_packets(self.topology.gateway)
                talk.client.send(talk.end.say(bytes(200_000)))
                self.assertTrue(wait_until(lambda: len(server.heard()) == 200_006))
                talk.client.send(self.FORGED)
                self.assertTrue(wait_until(lambda: server.connections[0].data.endswith(EVIL)))
                self.assertEqual(divert.queued_packets(self.topology.gateway), queued)
        counters = daemon.counters()
        self.assertEqual((counters["flows_encrypted"], counters["flows_tls"]), (2, 2))
        self.assertEqual(daemon.events("alert"), [])

    def test_it_is_looked_into_where_the_operator_wants_it(self) -> None:
        self.signatures(*RULES, configuration={"suricata": {"encrypted": "inspect"}})
        for version in self.VERSIONS:
            with self.subTest(version.name):
                server, talk = self.encrypted(version)
                talk.client.send(self.FORGED)
                self.assert_stays_out(server)

    def test_a_client_alone_cannot_make_it_seem_so(self) -> None:
        self.signatures(*RULES)
        # The server of TLS 1.2 encrypts nothing before it has taken what the client proves.
        server = self.tls_server(newest=ssl.TLSVersion.TLSv1_2)
        talk = self.tls_client(server, "shop.example")
        talk.client.send(talk.hello)
        self.assertTrue(talk.client.receive(1))
        talk.client.send(self.FORGED.replace(EVIL, b"x" * len(EVIL)))
        talk.client.send(self.FORGED)
        self.assert_stays_out(server)


class Ssh(EncryptedCase):
    """What ends say up to their new keys, made by hand; then anything."""

    def test_it_is_left_to_the_kernel_once_both_ends_have_new_keys(self) -> None:
        daemon = self.signatures(*RULES)
        server = self.server(greeting=SERVER_HELLO)
        client = self.client(server)
        self.assertEqual(client.receive(len(SERVER_HELLO)), SERVER_HELLO)
        client.send(CLIENT_HELLO)
        self.assertTrue(wait_until(lambda: server.received() == CLIENT_HELLO and not unacknowledged(client.sock)))
        queued = divert.queued_packets(self.topology.gateway)
        client.send(bytes(200_000) + EVIL)
        self.assertTrue(wait_until(lambda: server.received().endswith(EVIL)))
        self.assertEqual(divert.queued_packets(self.topology.gateway), queued)
        counters = daemon.counters()
        self.assertEqual((counters["flows_encrypted"], counters["flows_ssh"]), (1, 1))

    def test_new_keys_of_the_client_alone_do_not_count(self) -> None:
        self.signatures(*RULES)
        server = self.server(greeting=b"SSH-2.0-server\r\n")
        client = self.client(server)
        self.assertTrue(client.receive(1))
        client.send(CLIENT_HELLO)
        client.send(EVIL)
        self.assert_stays_out(server)


if __name__ == "__main__":
    tap.main()
