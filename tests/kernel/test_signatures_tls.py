#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules about TLS, on handshakes of OpenSSL: the hello or certificate that matches does not become whole, others make
their exchange."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import json  # noqa: E402
import ssl  # noqa: E402

from harness import divert, tap  # noqa: E402
from harness.case import EVIL, request  # noqa: E402
from harness.signatures import PATIENCE, signature  # noqa: E402
from harness.tls import GREETING, TlsClient, in_records_of  # noqa: E402
from harness.tls_case import TlsCase  # noqa: E402
from harness.topology import FAMILIES, V4  # noqa: E402
from harness.traffic import unacknowledged, wait_until  # noqa: E402

DOMAIN = {"domain": "evil.example"}
NO_DOMAIN = {
    "rules": [
        {
            "id": "no-domain",
            "action": "drop",
            "direction": "to_server",
            "match": {"any": [{"tls.sni": DOMAIN}, {"http.host": DOMAIN}]},
        }
    ]
}
BLOCKED = ("evil.example", "www.evil.example", "a.b.EVIL.example")
HARMLESS = ("notevil.example", "evil.example.org", "example")


class Names(TlsCase):
    def test_a_connection_is_left_to_the_kernel_behind_its_handshake(self) -> None:
        self.daemon(NO_DOMAIN)
        server = self.tls_server()
        talk = self.tls_client(server, "shop.example")
        self.assertEqual(talk.greeting(), GREETING)
        talk.client.send(talk.end.say(b"thanks"))
        self.assertTrue(wait_until(lambda: server.heard() == b"thanks" and not unacknowledged(talk.client.sock)))
        queued = divert.queued_packets(self.topology.gateway)
        talk.client.send(talk.end.say(bytes(200_000)))
        self.assertTrue(wait_until(lambda: len(server.heard()) == 200_006))
        self.assertEqual(divert.queued_packets(self.topology.gateway), queued)

    def test_a_domain_and_what_is_below_it_cannot_be_asked_for(self) -> None:
        daemon = self.daemon(NO_DOMAIN)
        for family in FAMILIES:
            with self.subTest(version=family.version):
                server = self.tls_server(family=family)
                for name in HARMLESS:
                    self.assertEqual(self.tls_client(server, name).greeting(), GREETING)
                hellos = tuple(self.tls_client(server, name).hello for name in BLOCKED)
                self.assert_none_arrives(server, *((hello, 0) for hello in hellos), secrets=hellos)
                self.assertEqual(server.asked, list(HARMLESS))
        self.assertEqual(len(self.alerted(daemon, 6)), 6)
        self.assertEqual({event["nfsieve"]["rule"] for event in daemon.events("alert")}, {"no-domain"})

    def test_a_hello_in_many_segments_and_records_is_one_hello(self) -> None:
        daemon = self.daemon(NO_DOMAIN)
        server = self.tls_server()
        hello = self.tls_client(server, "www.evil.example").hello
        in_records = in_records_of(5, hello)
        self.assert_none_arrives(
            server, (hello, 1), (hello, 7), (in_records, 0), (in_records, 3), secrets=(hello, in_records)
        )
        self.assertEqual(server.asked, [])
        self.assertEqual(len(self.alerted(daemon, 4)), 4)
        for cut, size in ((1, 0), (7, 0), (0, 5), (3, 5)):
            with self.subTest(cut=cut, size=size):
                client = TlsClient(self.client(server, patience=10), "notevil.example")
                if size:
                    client.hello = in_records_of(size, client.hello)
                self.assertEqual(client.greeting(cut), GREETING)

    def test_curl_is_held_to_the_names_too(self) -> None:
        self.addCleanup(self.renew_topology)  # curl's blocked connection goes on retransmitting
        self.daemon(NO_DOMAIN)
        server = self.tls_server()
        for name, wanted in (("notevil.example", 0), ("www.evil.example", 28)):
            with self.subTest(name):
                done = self.topology.client.run(
                    "curl", "--silent", "--insecure", "--max-time", "1" if wanted else "5", "--noproxy", "*",
                    "--resolve", f"{name}:{server.port}:{V4.server}", f"https://{name}:{server.port}/", check=False,
                )  # fmt: skip
                self.assertEqual((done.returncode, done.stdout), (wanted, "" if wanted else "hello"))
        self.assertEqual(server.asked, ["notevil.example"])

    def test_the_same_rule_holds_for_the_host_of_a_request(self) -> None:
        self.daemon(NO_DOMAIN)
        server = self.web_server()

        def to(host: str) -> bytes:
            return request("/").replace(b"shop.example", host.encode())

        for host in (*HARMLESS, "notevil.example:8080"):
            with self.subTest(host):
                self.assert_answered(server, to(host))
        attacks = tuple(to(host) for host in (*BLOCKED, "www.evil.example:8080"))
        self.assert_none_arrives(server, *((attack, 0) for attack in attacks), secrets=attacks)


    def test_the_same_holds_in_a_tunnel(self) -> None:
        daemon = self.daemon(NO_DOMAIN)
        connect = b"CONNECT 192.0.2.1:443 HTTP/1.1\r\nHost: 192.0.2.1:443\r\n\r\n"
        accepted = b"HTTP/1.1 200 OK\r\n\r\n"
        for name, passes in (("shop.example", True), ("www.evil.example", False)):
            with self.subTest(name):
                server = self.server(answer=lambda data: accepted if data.endswith(b"\r\n\r\n") else b"")
                client = self.client(server)
                client.send(connect)
                self.assertEqual(client.receive(len(accepted)), accepted)
                hello = self.tls_client(server, name).hello
                client.send(hello)
                wait_until(lambda: server.connections[0].data == connect + hello, 5 if passes else PATIENCE)
                self.assertEqual(server.connections[0].data, connect + (hello if passes else b""))
        self.assertEqual(len(self.alerted(daemon, 1)), 1)


class Certificates(TlsCase):
    """One rule in each language, before TLS 1.3 hides certificates."""

    EVIL_SUBJECT = signature("drop", "tls", "to_client", 'tls.cert_subject; content:"CN=evil.example"; endswith;')
    WORSE_SUBJECT = {
        "id": "2",
        "action": "drop",
        "direction": "to_client",
        "match": {"tls.cert_subject": {"ends_with": "CN=worse.example"}},
    }

    def test_an_answer_with_a_certificate_for_the_subject_is_dropped(self) -> None:
        more = self.directory / "more.json"
        more.write_text(json.dumps({"rules": [self.WORSE_SUBJECT]}), encoding="utf-8")
        daemon = self.signatures(self.EVIL_SUBJECT, arguments=("--rules", str(more)))
        for name in self.certificates:
            for cut in (0, 3):
                with self.subTest(name, cut=cut):
                    good = name == "shop.example"
                    server = self.tls_server(name, newest=ssl.TLSVersion.TLSv1_2, cut=cut)
                    client = self.tls_client(server, "evil.example")
                    self.assertEqual(client.greeting(timeout=5 if good else PATIENCE), GREETING if good else b"")
                    self.assertTrue(wait_until(lambda: server.asked == ["evil.example"]), server.asked)
                    self.assertEqual(self.der(name) in client.client.received, good)
        self.assertEqual(self.alerted(daemon, 4), [1, 1, 2, 2])
        self.assertEqual({event["src_ip"] for event in daemon.events("alert")}, {V4.server})

    def der(self, name: str) -> bytes:
        return ssl.PEM_cert_to_DER_cert(self.certificates[name].file.read_text(encoding="ascii"))


class Unparsable(TlsCase):
    RULES = (
        signature("drop", "tls", "to_server", 'tls.sni; content:"evil.example";', 1),
        signature("drop", "tcp", "to_server", f'content:"{EVIL.decode()}";', 2),
    )
    BROKEN = bytes.fromhex("16 0301 0006 01 000002 ffff")  # a hello of two bytes

    def test_it_is_judged_by_payload_alone_and_counted(self) -> None:
        daemon = self.signatures(*self.RULES)
        self.assertEqual(self.tls_client(self.tls_server(), "shop.example").greeting(), GREETING)
        self.assertEqual(daemon.counters()["parser_errors"], 0)
        server = self.server()
        self.assert_passes(server, self.BROKEN + b"harmless")
        self.assertEqual(daemon.counters()["parser_errors"], 1)
        sendings = ((self.BROKEN + EVIL, 0), (self.BROKEN + EVIL, 1))
        self.assert_none_arrives(server, *sendings, secrets=(EVIL,))
        self.assertEqual(self.alerted(daemon, 2), [2, 2])
        counters = daemon.counters()
        self.assertEqual((counters["parser_errors"], counters["flows_tls"]), (3, 4))


if __name__ == "__main__":
    tap.main()
