#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon reports: alerts in EVE's form, counters on SIGUSR1, and the seed case of the project."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import base64  # noqa: E402
import datetime  # noqa: E402
import time  # noqa: E402

from harness import tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, GatewayCase, request  # noqa: E402
from harness.daemon import ROOT  # noqa: E402
from harness.topology import FAMILIES, V4  # noqa: E402
from harness.traffic import RecordingServer, wait_until  # noqa: E402

SEED_RULES = ROOT / "rules/examples/filter-get.json"


class Events(GatewayCase):
    def test_an_alert_has_the_fields_that_readers_of_eve_expect(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        for count, family in enumerate(FAMILIES, 1):
            with self.subTest(version=family.version):
                server = self.server(family)
                client = self.assert_blocked(server, b"before " + EVIL, EVIL)
                event = daemon.wait_alerts(count)[-1]
                self.assertEqual(event["event_type"], "alert")
                self.assertRegex(event["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$")
                written = datetime.datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
                self.assertLess(abs(written.timestamp() - time.time()), 60)
                self.assertEqual((event["src_ip"], event["src_port"]), (family.client, client.port))
                self.assertEqual((event["dest_ip"], event["dest_port"]), (family.server, server.port))
                self.assertEqual(event["proto"], "TCP")
                self.assertIsInstance(event["flow_id"], int)
                self.assertEqual(event["alert"]["action"], "blocked")
                self.assertIsInstance(event["alert"]["signature_id"], int)
                self.assertIn("evil", event["alert"]["signature"])

    def test_an_alert_names_the_rule_and_its_place(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        self.assert_blocked(self.server(), EVIL, EVIL)
        rule = daemon.wait_alerts()[0]["nfsieve"]
        self.assertEqual(rule["rule"], "evil")
        self.assertEqual((rule["file"], rule["line"]), (str(daemon.rule_file), 3))

    def test_one_rule_makes_one_alert_a_flow_and_direction(self) -> None:
        rules = {"rules": [{**DROP_EVIL["rules"][0], "action": "alert"}]}
        daemon = self.daemon(rules)
        self.assert_passes(self.server(), EVIL * 5)
        daemon.wait_alerts()
        wait_until(lambda: False, 0.4)
        self.assertEqual(len(daemon.events("alert")), 1)

    def test_a_rule_that_is_not_logged_blocks_in_silence(self) -> None:
        daemon = self.daemon({"rules": [{**DROP_EVIL["rules"][0], "log": False}]})
        self.assert_blocked(self.server(), EVIL, EVIL)
        self.assertEqual(daemon.events("alert"), [])

    def test_sigusr1_writes_counters_that_add_up(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        self.assert_passes(self.server(), b"harmless")
        self.assert_blocked(self.server(), EVIL, EVIL)
        counters: dict[str, int] = {}

        def add_up() -> bool:
            counters.update(daemon.counters())
            passed_by = sum(value for name, value in counters.items() if name.startswith("uninspected_"))
            judged = counters["judged_accept"] + counters["judged_drop"]
            return counters["judged_drop"] >= 1 and counters["packets"] == judged + passed_by >= 10

        # What is sent again and being judged just then is among the packets only.
        self.assertTrue(wait_until(add_up, step=0.1), counters)
        self.assertEqual(counters["flows"], 2)
        self.assertEqual(counters["flows_blocked"], 1)
        self.assertEqual(counters["matches"], 1)


class FilterGet(GatewayCase):
    """A connection to port 8080 is reported; what begins with GET is filtered; POST passes."""

    def setUp(self) -> None:
        self.renew_topology()  # curl's blocked connections go on retransmitting to the one port
        super().setUp()

    def seed_server(self) -> RecordingServer:
        server = RecordingServer(
            self.topology.server, V4.server, port=8080,
            answer=lambda data: b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok" if b"\r\n\r\n" in data else b"",
        )
        self.addCleanup(server.close)
        return server

    def curl(self, seconds: int, *arguments: str) -> int:
        command = [
            "curl", "--silent", "--max-time", str(seconds), "--http1.0", *arguments, f"http://{V4.server}:8080/",
        ]  # fmt: skip
        return self.topology.client.run(*command, check=False).returncode

    def test_a_connection_is_reported(self) -> None:
        daemon = self.daemon(SEED_RULES)
        self.client(self.seed_server())
        event = daemon.wait_alerts()[0]
        self.assertEqual((event["dest_port"], event["alert"]["action"]), (8080, "allowed"))

    def test_curl_with_get_is_filtered_and_the_event_carries_the_first_bytes(self) -> None:
        daemon = self.daemon(SEED_RULES)
        server = self.seed_server()
        self.assertNotEqual(self.curl(2), 0)
        self.assertEqual(server.received(), b"")
        blocked = [event for event in daemon.wait_alerts(2) if event["alert"]["action"] == "blocked"]
        self.assertEqual(len(blocked), 1)
        self.assertTrue(base64.b64decode(blocked[0]["payload"]).startswith(b"GET / HTTP/1.0\r\n"))

    def test_curl_with_post_passes(self) -> None:
        daemon = self.daemon(SEED_RULES)
        server = self.seed_server()
        self.assertEqual(self.curl(10, "--data", "a=GET"), 0)
        self.assertTrue(server.received().startswith(b"POST / HTTP/1.0\r\n"))
        self.assertEqual([e["alert"]["action"] for e in daemon.wait_alerts()], ["allowed"])

    def test_get_is_filtered_byte_by_byte(self) -> None:
        daemon = self.daemon(SEED_RULES)
        server = self.seed_server()
        self.assert_blocked(server, request("/"), b"GET", cut=1)
        self.assertEqual(server.received(), b"GE")
        self.assertEqual([e["alert"]["action"] for e in daemon.wait_alerts(2)], ["allowed", "blocked"])

    def test_post_passes_byte_by_byte(self) -> None:
        self.daemon(SEED_RULES)
        self.assert_passes(self.seed_server(), request("/", "POST", "a=GET"), cut=1)


if __name__ == "__main__":
    tap.main()
