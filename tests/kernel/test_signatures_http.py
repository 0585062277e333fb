#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules about HTTP, on requests and answers of real clients and servers: the matching message does not become whole."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import gzip  # noqa: E402
import zlib  # noqa: E402

from harness import tap  # noqa: E402
from harness.case import EVIL, request  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.made import made_bytes  # noqa: E402
from harness.signatures import OK, PATIENCE, SignatureCase, signature  # noqa: E402
from harness.topology import V4, V6  # noqa: E402
from harness.traffic import unacknowledged, wait_until  # noqa: E402

NO_SHELL = signature("drop", "http", "to_server", 'http.uri; content:"/shell.php"; endswith;')
SECRET = b"-----BEGIN PRIVATE KEY-----"
NO_SECRET = signature("drop", "http", "to_client", f'file.data; content:"{SECRET.decode()}";')


def anomalies(daemon: Daemon) -> list[str]:
    return [event["anomaly"]["event"] for event in daemon.events("anomaly")]


class Requests(SignatureCase):
    def test_a_request_is_dropped_and_those_before_it_on_the_connection_are_answered(self) -> None:
        daemon = self.signatures(NO_SHELL)
        for family, port in ((V4, 80), (V4, 0), (V6, 0)):
            with self.subTest(version=family.version, port=port):
                server = self.web_server(family, port=port)
                browser = self.browser(server)
                for path in ("/", "/shell.php.txt"):
                    browser.request("GET", path)
                    self.assertEqual(browser.getresponse().read(), b"ok")
                before = server.received()
                browser.sock.settimeout(PATIENCE)
                browser.request("GET", "/shell.php")
                with self.assertRaises(TimeoutError):
                    browser.getresponse()
                self.assertEqual(server.received(), before)
        self.assertEqual(self.alerted(daemon, 3), [1] * 3)

    def test_a_path_is_known_however_it_is_written_and_cut(self) -> None:
        daemon = self.signatures(NO_SHELL)
        server = self.web_server()
        attacks = ("/shell.php", "/%73hell%2ephp", "/a/../shell.php", "/./shell.php")
        first_lines = tuple(f"GET {path} HTTP/1.1\r\n".encode() for path in attacks)
        self.assert_none_arrives(
            server, *((request(path), 0) for path in attacks), *((line, 1) for line in first_lines), secrets=first_lines
        )
        self.assertEqual(len(self.alerted(daemon, 8)), 8)
        for path in ("/%73hell%2ephp3", "/shell.php/..", "/shell%252ephp"):
            for cut in (0, 1):
                with self.subTest(path, cut=cut):
                    self.assert_answered(server, request(path), cut=cut)

    def test_what_is_said_in_a_body_is_not_a_path(self) -> None:
        self.signatures(NO_SHELL)
        self.assert_passes(self.server(), request("/", "POST", "GET /shell.php HTTP/1.1\r\n\r\n"))


    def test_requests_that_come_together_are_judged_one_by_one(self) -> None:
        daemon = self.signatures(NO_SHELL)
        server = self.web_server()
        attack = b"GET /shell.php HTTP/1.1\r\n"
        both = request("/harmless") + attack
        self.assert_none_arrives(server, (both, 0), (both, 1), secrets=(attack,))
        self.assertEqual(len(self.alerted(daemon, 2)), 2)
        arrived = server.connections
        self.assertTrue(wait_until(lambda: arrived[1:] and arrived[1].data.startswith(request("/harmless"))))

    def test_uploads_are_judged_by_their_content(self) -> None:
        self.addCleanup(self.renew_topology)  # curl's blocked connections go on retransmitting
        self.signatures(signature("drop", "http", "to_server", f'http.request_body; content:"{EVIL.decode()}";'))
        nginx = self.nginx()
        harmless = made_bytes(100_000).hex().encode()
        for content, wanted in ((harmless, 0), (harmless + EVIL + harmless, 28)):
            file = self.directory / "upload"
            file.write_bytes(content)
            for how in ((), ("--header", "Transfer-Encoding: chunked")):
                with self.subTest(wanted=wanted, how=how):
                    done = self.topology.client.run(
                        "curl", "--silent", "--max-time", "1" if wanted else "5", "--noproxy", "*", *how,
                        "--upload-file", str(file), f"http://{V4.server}/upload", check=False,
                    )  # fmt: skip
                    self.assertEqual(done.returncode, wanted)
                    if not wanted:
                        self.assertEqual(pathlib.Path(done.stdout).read_bytes(), content)
        nginx.close()
        kept = [file.read_bytes() for file in (self.directory / "nginx" / "body").rglob("*") if file.is_file()]
        self.assertFalse(any(EVIL in content for content in kept))


class Answers(SignatureCase):
    """A page of random letters, compressed and chunked, with a secret in its middle or without one."""

    def setUp(self) -> None:
        super().setUp()
        letters = made_bytes(200_000).hex().encode()
        self.harmless, self.secret = letters, letters[:200_000] + SECRET + letters[200_000:]

    def curl(self, path: str, seconds: int) -> tuple[int, bytes]:
        """curl's exit status, and what it has of the page after so many seconds at most."""
        page = self.directory / "page"
        done = self.topology.client.run(
            "curl", "--silent", "--max-time", str(seconds), "--compressed", "--no-buffer", "--noproxy", "*",
            "--output", str(page), f"http://{V4.server}{path}", check=False,
        )  # fmt: skip
        return done.returncode, page.read_bytes()

    def test_a_compressed_page_is_cut_before_the_end_of_the_secret(self) -> None:
        daemon = self.signatures(NO_SECRET)
        nginx = self.nginx()
        nginx.add_file("harmless", self.harmless)
        nginx.add_file("secret", self.secret)
        self.assertEqual(self.curl("/files/harmless", 10), (0, self.harmless))
        status, page = self.curl("/files/secret", 3)
        self.assertEqual(status, 28, "curl did not have to give up")
        self.assertTrue(self.secret.startswith(page))
        self.assertNotIn(SECRET, page)
        self.assertEqual(self.alerted(daemon, 1), [1])

    def answer(self, page: bytes) -> bytes:
        """Packed as one gzip stream, in chunks of 7 bytes."""
        packed = gzip.compress(page)
        chunks = [packed[i : i + 7] for i in range(0, len(packed), 7)]
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"

    def read_page(self, daemon: Daemon, page: bytes) -> bytes:
        """What a client makes of the answer, of which every byte is a segment."""
        answer = self.answer(page)
        server = self.server()
        client = self.client(server)
        client.send(request("/page"))
        self.assertTrue(wait_until(lambda: server.received() == request("/page")))
        for at in range(len(answer)):
            server.send(answer[at : at + 1])
            if daemon.events("alert"):
                break
        client.receive(len(answer), PATIENCE if daemon.events("alert") else 5)
        packed, body = b"", client.received.partition(b"\r\n\r\n")[2]
        while body:
            size, _, body = body.partition(b"\r\n")
            packed += body[: int(size or b"0", 16)]
            body = body[int(size or b"0", 16) + 2 :]
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(packed)

    def test_chunks_of_a_few_bytes_in_segments_of_one_byte_are_one_page(self) -> None:
        daemon = self.signatures(NO_SECRET)
        self.assertEqual(self.read_page(daemon, self.harmless[:300]), self.harmless[:300])
        page = self.read_page(daemon, self.harmless[:300] + SECRET + b" and more")
        self.assertTrue(page.startswith(self.harmless[:200]), "it was cut too early")
        self.assertNotIn(SECRET, page)

    def test_answers_without_a_body_do_not_hide_the_one_behind_them(self) -> None:
        self.signatures(NO_SECRET)
        body = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(SECRET), SECRET)
        announced = b"Content-Length: 9\r\n\r\n"
        bodiless = (
            ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
            ("GET", b"HTTP/1.1 304 Not Modified\r\n\r\n"),
            ("GET", b"HTTP/1.1 304 Not Modified\r\n" + announced),
            ("GET", b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ("HEAD", b"HTTP/1.1 103 Early Hints\r\n" + announced + b"HTTP/1.1 200 OK\r\n" + announced),
            ("GET", b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
        )
        for method, first in bodiless:
            with self.subTest(first):
                server = self.server()
                client = self.client(server)
                for asked, answer in ((request("/", method), first), (request("/"), body)):
                    before = len(server.received())
                    client.send(asked)
                    self.assertTrue(wait_until(lambda: len(server.received()) == before + len(asked)))
                    server.send(answer)
                    client.receive(len(client.received) + len(answer), 5 if answer == first else PATIENCE)
                self.assertEqual(client.received, first)

    def test_the_secret_in_a_request_passes(self) -> None:
        self.signatures(NO_SECRET)
        self.assert_passes(self.server(), request("/", "POST", SECRET.decode()))


class Ambiguous(SignatureCase):
    """Messages of which receivers find the end in different places."""

    HIDDEN = b"GET /shell.php HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    FRAMINGS = (
        b"Content-Length: %d\r\nContent-Length: 0\r\n" % len(HIDDEN),
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
    )

    def test_they_do_not_become_whole_and_are_an_event(self) -> None:
        daemon = self.signatures(NO_SHELL)
        heads = tuple(b"POST / HTTP/1.1\r\nHost: shop.example\r\n" + framing + b"\r\n" for framing in self.FRAMINGS)
        sendings = ((head + self.HIDDEN, cut) for head in heads for cut in (0, 1))
        self.assert_none_arrives(self.server(), *sendings, secrets=(self.HIDDEN, *heads))
        wait_until(lambda: daemon.counters()["cause_ambiguous_request"] >= 6, step=0.1)
        self.assertEqual(daemon.counters()["cause_ambiguous_request"], 6)
        wait_until(lambda: anomalies(daemon).count("ambiguous_request") >= 6)
        self.assertEqual(anomalies(daemon).count("ambiguous_request"), 6)

    def test_an_answer_with_two_lengths_does_not_become_whole_where_the_policy_says_so(self) -> None:
        self.signatures(NO_SECRET, configuration={"on": {"ambiguous_response": "drop"}})
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"
        server = self.server(answer=lambda data: head if data.endswith(b"\r\n\r\n") else b"")
        self.assertEqual(self.exchange(server, request("/"), timeout=PATIENCE).received, b"")

    def test_they_are_judged_in_one_way_where_the_policy_says_so(self) -> None:
        daemon = self.signatures(NO_SHELL, configuration={"on": {"ambiguous_request": "accept"}})
        framing = b"Content-Length: 0\r\nContent-Length: 0, 0\r\nContent-Length : 0\r\n"
        ambiguous = request("/").replace(b"\r\n\r\n", b"\r\n" + framing + b"\r\n")
        self.assert_answered(self.web_server(), ambiguous)
        self.assertEqual(daemon.counters()["cause_ambiguous_request"], 1)
        self.assert_none_arrives(self.server(), (ambiguous + self.HIDDEN, 0), secrets=(self.HIDDEN,))


class ReloadAndRestart(SignatureCase):
    def test_rules_that_come_in_the_middle_of_a_request_still_judge_it(self) -> None:
        """Their lines were judged by the old rules, half of their headers have been seen."""
        rules = (
            signature("drop", "http", "to_server", 'http.header; content:"X-Attack|3a| yes";', 2),
            signature("drop", "http", "to_server", 'http.uri; content:"/late"; http.header; content:"X-More";', 3),
        )
        halves = (
            (b"GET / HTTP/1.1\r\nHost: shop.example\r\nX-At", b"tack: yes\r\n\r\n"),
            (b"GET /late HTTP/1.1\r\nHost: shop.example\r\nX-Mo", b"re: yes\r\n\r\n"),
            (b"GET /late HTTP/1.1\r\nHost: shop.example\r\nX-At", b"tack: no\r\n\r\n"),
        )
        daemon = self.signatures(NO_SHELL)
        server = self.web_server()
        for first, rest in halves:
            self.assert_answered(server, first + rest)
        before = len(server.connections)
        clients = []
        for number, (first, _) in enumerate(halves, before):
            clients.append(self.client(server))
            clients[-1].send(first)
            arrived = server.connections
            self.assertTrue(wait_until(lambda: arrived[number:] and arrived[number].data == first))
        daemon.reload("\n".join(rules), ("reloaded",))
        for client, (_, rest) in zip(clients, halves):
            client.send(rest)
        self.assertEqual(clients[2].receive(len(OK)), OK)
        wait_until(lambda: False, PATIENCE)
        arrived = [connection.data for connection in server.connections[before:]]
        self.assertEqual(arrived, [halves[0][0], halves[1][0], b"".join(halves[2])])
        self.assertEqual(sorted(self.alerted(daemon, 2)), [2, 3])


    def test_a_connection_that_outlives_the_daemon_is_judged_from_its_next_request_on(self) -> None:
        daemon = self.signatures(NO_SHELL)
        server = self.web_server()
        client = self.exchange(server, request("/"))
        # Where the last acknowledgement goes down with the daemon, an answer that is sent again is the first packet
        # that the next one sees, and leaves it to guess who the client is.
        self.assertTrue(wait_until(lambda: not unacknowledged(server.connections[0].sock)))
        daemon.stop()
        daemon.log_file.unlink()
        self.daemon(daemon.rule_file)
        client.send(request("/more"))
        self.assertEqual(client.receive(2 * len(OK)), 2 * OK)
        client.send(request("/shell.php"))
        wait_until(lambda: b"/shell.php" in server.received(), PATIENCE)
        self.assertEqual(server.received(), request("/") + request("/more"))


class Unparsable(SignatureCase):
    """What begins as HTTP and cannot be followed any further."""

    RULES = (NO_SHELL, signature("drop", "tcp", "to_server", f'content:"{EVIL.decode()}";', 2))
    BROKEN = b"POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n"

    def test_it_is_judged_by_payload_alone_and_counted(self) -> None:
        daemon = self.signatures(*self.RULES)
        server = self.server()
        self.assert_passes(server, self.BROKEN + b"harmless")
        self.assertEqual(daemon.counters()["parser_errors"], 1)
        attack = self.BROKEN + b"and then " + EVIL
        self.assert_none_arrives(server, (attack, 0), (attack, 1), secrets=(EVIL,))
        self.assertEqual(self.alerted(daemon, 2), [2, 2])
        counters = daemon.counters()
        self.assertEqual((counters["parser_errors"], counters["flows_http"]), (3, 3))
        wait_until(lambda: len(anomalies(daemon)) >= 3)
        self.assertEqual(anomalies(daemon), ["parser_error"] * 3)

    def test_what_can_be_followed_is_not_counted(self) -> None:
        daemon = self.signatures(*self.RULES)
        self.assert_passes(self.server(), self.BROKEN.replace(b"no number", b"3") + b"abc\r\n0\r\n\r\n")
        self.assertEqual(daemon.counters()["parser_errors"], 0)
        self.assertEqual(daemon.events("anomaly"), [])


if __name__ == "__main__":
    tap.main()
