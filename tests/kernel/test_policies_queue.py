#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The policies for what the daemon cannot see: a full queue, and no daemon at all. The rules that `nfsieve nft` prints
agree with them. (The event `queue_full` is tested with the account of packets.)"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import divert, tap  # noqa: E402
from harness.daemon import nfsieve_binary  # noqa: E402
from harness.packets import RST  # noqa: E402
from harness.policy import Arrivals, PolicyCase  # noqa: E402
from harness.topology import FAMILIES, LAN, WAN  # noqa: E402
from harness.traffic import wait_until  # noqa: E402

QUEUE_LENGTH = 4
SENT = 40


def rules_printed(case: PolicyCase, on: dict) -> str:
    """What `nfsieve nft` prints for a configuration."""
    file = case.directory / "printed.json"
    file.write_text(json.dumps({"queues": "0", "interfaces": [LAN, WAN], "on": on}), encoding="utf-8")
    return case.topology.gateway.run(nfsieve_binary(), "nft", "--config", str(file)).stdout


class QueueFull(PolicyCase):
    """The daemon stands still while more comes than the kernel holds for it."""

    def overfill(self) -> Arrivals:
        watch, client = self.arrivals(), self.raw()
        for number in range(SENT):
            client.send_packet(client.segment(number, RST))  # nobody answers those
        return watch

    def test_what_finds_the_queue_full_is_dropped_and_counted(self) -> None:
        daemon = self.policy_daemon("queue_full", queue_length=QUEUE_LENGTH)
        with daemon.standing_still():
            watch = self.overfill()
            self.assert_stays(watch.seen, [])
        self.assertTrue(watch.wait(QUEUE_LENGTH))
        counters = self.wait_counted("queue_overruns", SENT - QUEUE_LENGTH)
        self.assertEqual((counters["queue_overruns"], counters["packets"]), (SENT - QUEUE_LENGTH, QUEUE_LENGTH))
        self.assertEqual(len(watch.seen()), QUEUE_LENGTH)

    def test_what_finds_the_queue_full_passes_where_the_policy_says_accept(self) -> None:
        daemon = self.policy_daemon("queue_full", "accept", queue_length=QUEUE_LENGTH)
        with daemon.standing_still():
            watch = self.overfill()
            self.assertTrue(watch.wait(SENT - QUEUE_LENGTH), f"{len(watch.seen())} passed")
        self.assertTrue(watch.wait(SENT), f"{len(watch.seen())} passed")
        self.assertEqual(self.wait_counted("packets")["packets"], QUEUE_LENGTH)

    def test_the_printed_rules_do_not_depend_on_it(self) -> None:
        self.assertEqual(rules_printed(self, {"queue_full": "accept"}), rules_printed(self, {"queue_full": "drop"}))


class NoDaemon(PolicyCase):
    def load(self, on: dict) -> None:
        """The printed rules in the place of the shipped file, whose loading they replace in one step."""
        divert.install(self.topology.gateway, rules_printed(self, on), queue_count=1)
        self.addCleanup(self.install_divert)

    def test_nothing_passes_without_a_daemon(self) -> None:
        self.load({})
        server = self.server()
        self.assertFalse(self.client(server, timeout=1.5).connected)
        self.assertEqual(server.connections, [])

    def test_all_passes_without_a_daemon_where_the_policy_says_accept(self) -> None:
        self.load({"no_daemon": "accept"})
        for family in FAMILIES:
            with self.subTest(version=family.version):
                self.assert_passes(self.server(family), b"nobody judges")

    def test_a_daemon_that_ends_takes_the_traffic_with_it(self) -> None:
        self.load({})
        daemon = self.policy_daemon("no_daemon")
        server = self.server(answer=lambda data: data)
        client = self.client(server)
        client.send(b"judged")
        self.assertEqual(client.receive(6), b"judged")
        daemon.kill()
        client.send(b"not judged")
        self.assert_stays(server.received, b"judged")

    def test_a_connection_outlives_the_daemon_where_the_policy_says_accept(self) -> None:
        self.load({"no_daemon": "accept"})
        daemon = self.policy_daemon("no_daemon", "accept")
        server = self.server(answer=lambda data: data)
        client = self.client(server)
        client.send(b"judged ")
        self.assertEqual(client.receive(7), b"judged ")
        daemon.kill()
        client.send(b"not judged")
        self.assertTrue(wait_until(lambda: server.received() == b"judged not judged"))


if __name__ == "__main__":
    tap.main()
