#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules in Suricata's language: actions and their order, flowbits, which alerts become drops, and what events say."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import tap  # noqa: E402
from harness.case import EVIL, request  # noqa: E402
from harness.signatures import OK, PATIENCE, SignatureCase, signature  # noqa: E402
from harness.tls import GREETING, TlsClient, TlsServer, make_certificate  # noqa: E402
from harness.topology import V4  # noqa: E402
from harness.traffic import wait_until  # noqa: E402


def to_server(action: str, content: str, sid: int = 1, more: str = "") -> str:
    return signature(action, "http", "to_server", f'http.uri; content:"{content}"; {more}', sid)


class Actions(SignatureCase):
    def test_drop_leaves_both_ends_waiting(self) -> None:
        self.signatures(to_server("drop", "/evil"))
        server = self.web_server()
        client = self.exchange(server, request("/evil"), timeout=PATIENCE)
        self.assertEqual((client.received, client.reset, server.received()), (b"", False, b""))
        self.assertTrue(wait_until(lambda: bool(server.connections)))
        self.assertEqual(server.connections[0].ended, "")

    def test_reject_resets_both_ends(self) -> None:
        daemon = self.signatures(to_server("reject", "/reject/", 1), to_server("rejectboth", "/rejectboth/", 2))
        for action in ("reject", "rejectboth"):
            with self.subTest(action):
                self.assert_answered(self.web_server(), request("/"))
                server = self.web_server()
                client = self.client(server)
                client.send(request(f"/{action}/"))
                self.assertTrue(client.wait_reset(), "the client was left hanging")
                self.assertTrue(server.wait_all_reset())
                self.assertEqual(server.received(), b"")
        self.assertEqual(self.alerted(daemon, 2), [1, 2])

    def test_rejectsrc_and_rejectdst_reset_one_end(self) -> None:
        self.signatures(to_server("rejectsrc", "/src", 1), to_server("rejectdst", "/dst", 2))
        for path, client_reset in (("/src", True), ("/dst", False)):
            with self.subTest(path):
                server = self.web_server()
                client = self.client(server)
                self.assertTrue(wait_until(lambda: bool(server.connections)))
                client.send(request(path))
                self.assertEqual(client.wait_reset(10 if client_reset else PATIENCE), client_reset)
                wait_until(lambda: server.connections[0].ended == "reset", PATIENCE if client_reset else 10)
                self.assertEqual(server.connections[0].ended, "" if client_reset else "reset")

    def test_pass_goes_before_drop_wherever_it_stands(self) -> None:
        daemon = self.signatures(
            to_server("drop", "/evil"),
            to_server("pass", "/evil/but-known", 2),
            signature("drop", "http", "to_server", 'http.user_agent; content:"test";', 3),
            signature("pass", "http", "to_server", 'http.host; content:"friend.example";', 4),
        )
        server = self.web_server()
        for harmless in (request("/evil/but-known"), request("/").replace(b"shop.example", b"friend.example")):
            with self.subTest(harmless):
                self.assert_answered(server, harmless)
        self.assertEqual(daemon.events("alert"), [])
        attacks = (request("/evil"), request("/"))
        self.assert_none_arrives(server, *((attack, 0) for attack in attacks), secrets=attacks)
        self.assertEqual(sorted(self.alerted(daemon, 2)), [1, 3])

    def test_pass_ends_the_inspection_of_the_connection(self) -> None:
        daemon = self.signatures(to_server("drop", "/evil"), to_server("pass", "/trusted", 2))
        server = self.web_server()
        client = self.exchange(server, request("/trusted"))
        client.send(request("/evil"))
        self.assertEqual(client.receive(2 * len(OK)), 2 * OK)
        self.assertEqual(daemon.events("alert"), [])
        self.assert_none_arrives(server, (request("/evil"), 0), secrets=(request("/evil"),))

    def test_alert_only_reports_and_says_all_that_the_rule_does(self) -> None:
        more = (
            'classtype:web-application-attack; reference:cve,2024-1234; reference:url,example.org/a; '
            "metadata:signature_severity Major, tag One, tag Two; rev:3;"
        )
        daemon = self.signatures(to_server("alert", "/evil", 2034647, more))
        server = self.web_server()
        self.assert_answered(server, request("/harmless"))
        client = self.exchange(server, request("/evil"))
        self.assertEqual(client.received, OK)
        self.assertEqual(self.alerted(daemon, 1), [2034647])
        event = daemon.events("alert")[0]
        self.assertEqual(
            event["alert"],
            {
                "action": "allowed",
                "gid": 1,
                "signature_id": 2034647,
                "rev": 3,
                "signature": "rule 2034647",
                "category": "Web Application Attack",
                "severity": 1,
                "metadata": {"signature_severity": ["Major"], "tag": ["One", "Two"]},
                "references": ["cve,2024-1234", "url,example.org/a"],
            },
        )
        self.assertEqual((event["src_port"], event["direction"]), (client.port, "to_server"))
        self.assertEqual((event["nfsieve"]["file"], event["nfsieve"]["line"]), (str(daemon.rule_file), 1))


class DefaultDrop(SignatureCase):
    """A rule about the name that a client asks for accepts; everything else is dropped."""

    def setUp(self) -> None:
        super().setUp()
        shop = {"domain": "shop.example"}
        accept = {
            "id": "shop", "action": "accept", "direction": "to_server",
            "match": {"any": [{"tls.sni": shop}, {"http.host": shop}]},
        }  # fmt: skip
        self.running = self.daemon({"default": "drop", "rules": [accept]})

    def test_tls_is_decided_by_the_hello(self) -> None:
        server = TlsServer(self.topology.server, V4.server, make_certificate(self.directory, "shop.example"))
        self.addCleanup(server.close)
        self.assertEqual(TlsClient(self.client(server), "www.shop.example").greeting(), GREETING)
        self.assertEqual(TlsClient(self.client(server), "www.other.example").greeting(timeout=PATIENCE), b"")

    def test_http_is_decided_by_the_first_request(self) -> None:
        server = self.web_server()
        for cut in (0, 1):
            self.assert_answered(server, request("/"), cut=cut)
        other = request("/other").replace(b"shop.example", b"other.example")
        both = other + request("/")
        self.assert_none_arrives(server, (other, 0), (other, 1), (both, 0), secrets=(other,))
        wait_until(lambda: self.running.counters()["flows_blocked"] >= 3, step=0.1)
        self.assertEqual(self.running.counters()["flows_blocked"], 3)

    def test_what_is_neither_is_dropped_at_once(self) -> None:
        server = self.server()
        self.assert_none_arrives(server, (b"SSH-2.0-x\r\n", 0), secrets=(b"SSH-2.0-x",))
        self.assertEqual(server.received(), b"")


class FlowBits(SignatureCase):
    RULES = (
        to_server("alert", "/download", 1, "flowbits:set,asked; flowbits:noalert;"),
        signature("drop", "http", "to_client", f'flowbits:isset,asked; file.data; content:"{EVIL.decode()}";', 2),
    )
    PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(EVIL) + 2, b"<" + EVIL + b">")

    def test_an_answer_is_judged_by_what_was_asked_for(self) -> None:
        daemon = self.signatures(*self.RULES)
        server = self.server(answer=lambda data: self.PAGE if data.endswith(b"\r\n\r\n") else b"")
        for cut in (0, 1):
            with self.subTest(cut=cut):
                other = self.client(server, patience=10)
                other.send(request("/other"), cut)
                self.assertEqual(other.receive(len(self.PAGE)), self.PAGE)
                client = self.client(server, patience=10)
                client.send(request("/download"), cut)
                self.assertTrue(wait_until(lambda: server.connections[-1].data == request("/download")))
                self.assertNotIn(EVIL, client.receive(len(self.PAGE), PATIENCE))
        self.assertEqual(self.alerted(daemon, 2), [2, 2])

    def test_a_later_request_of_the_connection_may_set_it(self) -> None:
        self.signatures(*self.RULES)
        server = self.server(answer=lambda data: self.PAGE if data.endswith(b"\r\n\r\n") else b"")
        client = self.client(server)
        client.send(request("/other"))
        self.assertEqual(client.receive(len(self.PAGE)), self.PAGE)
        client.send(request("/download"))
        self.assertNotIn(EVIL, client.receive(2 * len(self.PAGE), PATIENCE)[len(self.PAGE) :])


class Addresses(SignatureCase):
    def test_what_a_client_did_on_one_connection_counts_on_the_next(self) -> None:
        self.signatures(
            to_server("alert", "/probe", 1, "xbits:set,probed,track ip_src,expire 60; noalert;"),
            to_server("drop", "/admin", 2, "xbits:isset,probed,track ip_src;"),
        )
        server = self.web_server()
        for path in ("/admin", "/probe", "/other"):
            self.assert_answered(server, request(path))
        self.assert_none_arrives(server, (request("/admin?again"), 0), secrets=(request("/admin?again"),))
        self.assert_answered(server, request("/other"))


    def test_a_request_counts_once_for_a_detection_filter(self) -> None:
        daemon = self.signatures(
            to_server("drop", "/login", 1, "detection_filter:track by_src, count 3, seconds 60;")
        )
        server = self.web_server()
        for cut in (0, 1, 0):
            self.assert_answered(server, request("/login"), cut=cut)
        self.assert_none_arrives(server, (request("/login?4"), 0), secrets=(request("/login?4"),))
        self.assertEqual(self.alerted(daemon, 1), [1])


class Selection(SignatureCase):
    """Which alert rules the configuration turns into drops."""

    DROP = {
        "sid": [1],
        "classtype": ["trojan-activity"],
        "file": ["dropp*.rules"],
        "metadata": {"signature_severity": ["Critical", "Major"]},
    }
    CRITICAL = "metadata:signature_severity Critical;"
    RULES = {
        "by-sid": ("alert", 1, ""),
        "by-classtype": ("alert", 2, "classtype:trojan-activity;"),
        "by-metadata": ("alert", 3, "metadata:affected_product Any, signature_severity Major;"),
        "unselected": ("alert", 4, "classtype:web-application-attack; metadata:signature_severity Minor;"),
        "preparing": ("alert", 5, CRITICAL + " noalert;"),
        "prepared": ("alert", 6, CRITICAL + " flowbits:set,x; flowbits:noalert;"),
        "disabled": ("#alert", 7, CRITICAL),
        "rejecting": ("reject", 8, CRITICAL),
        "passing": ("pass", 9, CRITICAL),
    }

    def test_what_is_selected_drops_and_nothing_else_does(self) -> None:
        chosen = self.directory / "dropped.rules"
        chosen.write_text(to_server("alert", "/by-file", 10) + "\n", encoding="utf-8")
        local = self.directory / "local.rules"
        daemon = self.signatures(
            *(to_server(action, f"/{path}", sid, more) for path, (action, sid, more) in self.RULES.items()),
            configuration={"suricata": {"drop": self.DROP}, "rules": [str(local), str(chosen)]},
        )
        server = self.web_server()
        for path in ("unselected", "preparing", "prepared", "disabled", "passing"):
            with self.subTest(path):
                self.assert_answered(server, request("/" + path))
        dropped = tuple(request("/" + path) for path in ("by-sid", "by-classtype", "by-metadata", "by-file"))
        self.assert_none_arrives(server, *((attack, 0) for attack in dropped), secrets=dropped)
        client = self.client(server)
        client.send(request("/rejecting"))
        self.assertTrue(client.wait_reset())
        self.alerted(daemon, 6)
        actions = {event["alert"]["signature_id"]: event["alert"]["action"] for event in daemon.events("alert")}
        blocked = dict.fromkeys((1, 2, 3, 8, 10), "blocked")
        self.assertEqual(actions, blocked | {4: "allowed"})

    def test_a_reload_takes_the_selection_up(self) -> None:
        daemon = self.signatures(to_server("alert", "/evil"))
        server = self.web_server()
        self.assert_answered(server, request("/evil"))
        text = daemon.config_file.read_text(encoding="utf-8")
        daemon.config_file.write_text('{"suricata": {"drop": {"sid": [1]}}, ' + text[1:], encoding="utf-8")
        daemon.reload(words=("reloaded",))
        self.assert_none_arrives(server, (request("/evil"), 0), secrets=(request("/evil"),))
        self.assert_answered(server, request("/harmless"))


if __name__ == "__main__":
    tap.main()
