#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The account: every packet the kernel diverts is found again in what `nfsieve status` says."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import json  # noqa: E402
import os  # noqa: E402
import stat  # noqa: E402
import threading  # noqa: E402

from harness import divert, packets, tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, GatewayCase  # noqa: E402
from harness.daemon import Daemon, nfsieve_binary  # noqa: E402
from harness.packets import ACK, PSH  # noqa: E402
from harness.raw_client import RawClient  # noqa: E402
from harness.topology import CLIENT_MAC, LAN, LAN_MAC, V4, WAN  # noqa: E402
from harness.traffic import wait_until  # noqa: E402

ON_THEIR_WAY = os.cpu_count() or 1  # packets that are counted and not yet queued, one a CPU


class AccountCase(GatewayCase):
    def raw(self, port: int) -> RawClient:
        client = RawClient(self.topology, V4, port)
        self.addCleanup(client.close)
        return client

    def flood(self, count: int) -> None:
        """Segments of a connection that nobody has seen the start of."""
        client = self.raw(9)
        for number in range(count):
            segment = client.segment(1000 + 5 * number, ACK | PSH, b"flood")
            client.send_frame(packets.ethernet(CLIENT_MAC, LAN_MAC, segment))

    def flood_while_it_stands_still(self, daemon: Daemon, count: int) -> None:
        before = divert.queued_packets(self.topology.gateway)
        with daemon.standing_still():
            self.flood(count)
            self.assertTrue(wait_until(lambda: divert.queued_packets(self.topology.gateway) >= before + count))

    def assert_exact(self, status: dict) -> None:
        account, kernel = status["account"], status["kernel"]
        self.assertEqual(
            account["seen"],
            account["judged_accept"] + account["judged_drop"] + sum(account["uninspected"].values()),
        )
        self.assertEqual(account["difference"], 0)
        self.assertEqual(kernel["moving"], 0)
        self.assertEqual(
            kernel["diverted"],
            kernel["seen"] + kernel["queue_dropped"] + kernel["user_dropped"] + kernel["waiting"] + kernel["rest"],
        )

    def queue_full_events(self, daemon: Daemon) -> list[dict]:
        return [e["nfsieve"] for e in daemon.events("anomaly") if e["anomaly"]["event"] == "queue_full"]


class Account(AccountCase):
    def test_at_rest_it_is_exact_after_mixed_traffic(self) -> None:
        before = divert.queued_packets(self.topology.gateway)
        daemon = self.daemon(DROP_EVIL)
        server = self.server()
        self.assert_passes(server, b"harmless", cut=3)
        self.assert_blocked(self.server(), b"before " + EVIL, EVIL).abort()
        malformed = self.raw(server.port)
        malformed.send_packet(malformed.segment(1, ACK, b"short", data_offset=15))
        self.flood(10)
        self.assertTrue(wait_until(lambda: daemon.status()["causes"]["midstream"]["count"] > 0))
        status = daemon.status_at_rest()
        self.assert_exact(status)
        self.assertEqual(status["kernel"]["rest"], 0)
        self.assertEqual(status["kernel"]["diverted"], divert.queued_packets(self.topology.gateway) - before)
        self.assertEqual(status["kernel"]["before_start"], before)
        self.assertGreaterEqual(status["account"]["judged_accept"], 8)
        self.assertGreaterEqual(status["account"]["judged_drop"], 2)
        self.assertEqual(status["causes"]["malformed"], {"count": 1, "policy": "drop"})
        self.assertEqual(status["causes"]["midstream"]["policy"], "inspect")
        self.assertEqual((status["well"], status["problems"]), (True, []))

    def test_while_packets_move_it_is_off_by_no_more_than_those(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        stop = threading.Event()

        def flood_on() -> None:
            while not stop.is_set():
                self.flood(50)

        looks: list[dict] = []

        def enough() -> bool:
            looks.append(daemon.status())
            return len(looks) >= 25 and looks[-1]["account"]["seen"] > looks[0]["account"]["seen"] + 100

        sender = threading.Thread(target=flood_on)
        sender.start()
        try:
            # A machine that is busy elsewhere may give the sender no turn for a while.
            self.assertTrue(wait_until(enough, 20, step=0))
        finally:
            stop.set()
            sender.join()
        for status in looks:
            kernel = status["kernel"]
            self.assertLessEqual(abs(kernel["rest"]), kernel["moving"] + ON_THEIR_WAY, kernel)
            self.assertLessEqual(abs(status["account"]["difference"]), 64 + kernel["moving"], status["account"])
        self.assert_exact(daemon.status_at_rest())

    def test_what_a_full_queue_drops_is_counted_to_the_packet(self) -> None:
        daemon = self.daemon(DROP_EVIL, configuration={"queue_length": 8})
        self.flood_while_it_stands_still(daemon, 300)
        status = daemon.status_at_rest()
        self.assert_exact(status)
        kernel = status["kernel"]
        self.assertEqual(kernel["rest"], 0)
        self.assertGreaterEqual(kernel["queue_dropped"], 200)
        self.assertEqual(kernel["queue_dropped"], sum(q["queue_dropped"] for q in status["queues"]))
        self.assertTrue(
            wait_until(lambda: sum(e["packets"] for e in self.queue_full_events(daemon)) == kernel["queue_dropped"])
        )
        self.assertEqual({(e["action"], e["blocked"]) for e in self.queue_full_events(daemon)}, {("drop", True)})

    def test_what_a_full_queue_accepts_shows_as_the_rest(self) -> None:
        daemon = self.daemon(DROP_EVIL, configuration={"queue_length": 8, "on": {"queue_full": "accept"}})
        self.flood_while_it_stands_still(daemon, 300)
        status = daemon.status_at_rest()
        self.assert_exact(status)
        kernel = status["kernel"]
        self.assertEqual(kernel["queue_dropped"], 0)
        self.assertGreaterEqual(kernel["rest"], 200)
        self.assertFalse(status["well"])
        self.assertIn("full queues accepted", status["problems"][0])
        self.assertTrue(
            wait_until(lambda: sum(e["packets"] for e in self.queue_full_events(daemon)) == kernel["rest"])
        )
        self.assertEqual({(e["action"], e["blocked"]) for e in self.queue_full_events(daemon)}, {("accept", False)})


class Divert(AccountCase):
    """Tests that change the nftables rules."""

    def setUp(self) -> None:
        self.renew_topology()
        super().setUp()

    def delete_table(self) -> None:
        self.topology.gateway.run("nft", "delete", "table", "inet", "nfsieve")

    def test_what_is_diverted_while_no_daemon_runs_is_counted(self) -> None:
        client = self.client(self.server(), timeout=1.2)
        self.assertFalse(client.connected)
        client.abort()  # it would try again while the counts are read
        counted = divert.queued_packets(self.topology.gateway)
        self.assertGreaterEqual(counted, 1)
        status = self.daemon(DROP_EVIL).status_at_rest()
        self.assertEqual(status["kernel"]["before_start"], counted)
        self.assertEqual(status["kernel"]["diverted"], divert.queued_packets(self.topology.gateway) - counted)
        self.assertEqual(status["kernel"]["rest"], 0)

    def test_a_queue_that_the_daemon_does_not_hold_shows_as_the_rest(self) -> None:
        daemon = self.daemon(DROP_EVIL, queues="7")
        self.flood(20)
        self.assertTrue(wait_until(lambda: daemon.status()["kernel"]["rest"] == 20))
        status = daemon.status_at_rest()
        self.assertEqual(status["account"]["seen"], 0)
        self.assertIn("a queue that it does not hold", status["problems"][0])

    def test_without_rules_nothing_is_diverted_and_it_is_said(self) -> None:
        self.delete_table()
        daemon = self.daemon(DROP_EVIL)
        status = daemon.status()
        self.assertFalse(status["well"])
        self.assertIn("no packet is diverted", status["state"])
        self.assertIsNone(status["kernel"]["diverted"])
        self.install_divert()
        self.assert_passes(self.server(), b"harmless")
        status = daemon.status_at_rest()
        self.assertTrue(status["well"], status["problems"])
        self.assert_exact(status)
        self.assertEqual((status["kernel"]["rest"], status["kernel"]["restarts"]), (0, 0))

    def test_rules_loaded_again_go_on_counting(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        self.assert_passes(self.server(), b"harmless")
        self.install_divert()
        self.assert_passes(self.server(), b"harmless")
        status = daemon.status_at_rest()
        self.assert_exact(status)
        self.assertEqual((status["kernel"]["rest"], status["kernel"]["restarts"]), (0, 0))

    def test_a_table_that_was_deleted_and_loaded_again_is_told_from_the_old_one(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        self.flood(5)
        self.assertTrue(wait_until(lambda: daemon.status()["account"]["seen"] >= 5))
        daemon.status_at_rest()
        self.delete_table()
        self.install_divert()
        self.flood(50)  # the new counter is ahead of the old one when it is looked at
        self.assertTrue(wait_until(lambda: daemon.status()["account"]["seen"] >= 55))
        status = daemon.status_at_rest()
        self.assert_exact(status)
        self.assertEqual((status["kernel"]["rest"], status["kernel"]["restarts"]), (0, 1))

    def test_a_table_from_an_older_file_is_said_to_have_no_counter(self) -> None:
        self.delete_table()
        older = "table inet nfsieve {\n chain divert { counter\n }\n chain to_queue { counter\n }\n}\n"
        self.topology.gateway.run("nft", "-f", "-", text_input=older)
        status = self.daemon(DROP_EVIL).status()
        self.assertIn("no counter named diverted", status["problems"][0])
        self.assertIsNone(status["kernel"]["rest"])


class Control(AccountCase):
    def ask(self, *arguments: str) -> tuple[int, str, str]:
        done = self.topology.gateway.run(nfsieve_binary(), "status", *arguments, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_the_words_begin_with_whether_all_is_well(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        self.assert_passes(self.server(), b"harmless")
        daemon.status_at_rest()
        status, words, _ = self.ask("--config", str(daemon.config_file))
        self.assertEqual(status, 0)
        self.assertEqual(words.splitlines()[0], "all is well: judging queue 0-1 by 1 rule")
        for line in (r"seen +\d+", r"= judged_accept +\d+", r"diverted +\d+   by inet nfsieve", r"\+ rest +0"):
            self.assertRegex(words, line)

    def test_it_says_how_long_packets_are_in_the_daemon(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        self.assertEqual(daemon.status()["time_in_daemon"], {})
        self.assert_passes(self.server(), b"x" * 100_000)
        times = daemon.status_at_rest()["time_in_daemon"]
        self.assertEqual(list(times), ["p50", "p90", "p99", "p99.9", "max"])
        self.assertEqual(list(times.values()), sorted(times.values()))
        self.assertGreater(times["p50"], 0.1)
        self.assertLess(times["max"], 10e6)
        daemon.counters()
        self.assertEqual(daemon.events("stats")[-1]["stats"]["time_in_daemon"], times)

    def test_json_is_one_line_with_the_same(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        status, words, _ = self.ask("--json", "--socket", str(daemon.control_socket))
        self.assertEqual((status, words.count("\n")), (0, 1))
        self.assertEqual(json.loads(words)["process"], daemon.process.pid)
        self.assertEqual(json.loads(words).keys(), daemon.status().keys())

    def test_a_refused_reload_is_what_it_begins_with(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        daemon.reload({"rules": [{"id": "x", "action": "explode"}]}, ("reload refused",))
        _, words, _ = self.ask("--socket", str(daemon.control_socket))
        self.assertRegex(words.splitlines()[0], r"^attention: the last reload was refused.*rules\.json:\d+:\d+: rule x: ")
        daemon.reload(DROP_EVIL, ("reloaded",))
        status = daemon.status()
        self.assertEqual((status["well"], status["generation"]), (True, 2))
        self.assertEqual((status["reloads"]["taken"], status["reloads"]["refused"]), (1, 1))

    def test_without_a_daemon_the_socket_and_the_remedy_are_said(self) -> None:
        missing = str(self.directory / "none.sock")
        status, words, said = self.ask("--socket", missing)
        self.assertEqual((status, words), (1, ""))
        self.assertIn(missing, said)
        self.assertIn("systemctl status nfsieve", said)

    def test_the_socket_comes_and_goes_with_the_daemon(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        mode = daemon.control_socket.stat().st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o660)
        daemon.stop()
        self.assertFalse(daemon.control_socket.exists())

    def at_the_socket_of(self, daemon: Daemon, name: str, queues: str) -> Daemon:
        """Another daemon, not yet started, that is to answer on the same socket."""
        directory = self.directory / name
        directory.mkdir()
        other = Daemon(
            self.topology.gateway, directory, DROP_EVIL, queues=queues,
            configuration={"control": {"socket": str(daemon.control_socket)}},
        )
        other.control_socket = daemon.control_socket
        self.addCleanup(other.kill)
        return other

    def test_a_dead_daemons_socket_is_replaced_and_a_living_ones_is_not(self) -> None:
        dead = self.daemon(DROP_EVIL)
        dead.kill()
        self.assertTrue(dead.control_socket.exists())
        living = self.at_the_socket_of(dead, "living", "0-1").start()
        self.assertTrue(living.status()["well"])
        third = self.at_the_socket_of(living, "third", "5")
        third.launch()
        self.assertEqual(third.process.wait(15), 1)
        self.assertIn("another daemon answers there", third.log())
        self.assertEqual(living.status()["process"], living.process.pid)

    def test_an_unprivileged_daemon_reads_the_account_once_the_list_is_opened_to_its_group(self) -> None:
        as_nobody = (
            "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all,+net_admin,+net_raw",
            "--inh-caps", "-all,+net_admin,+net_raw", "--ambient-caps", "-all,+net_admin,+net_raw",
        )
        self.directory.chmod(0o777)
        with self.topology.gateway.entered():
            listing = "/proc/thread-self/net/netfilter/nfnetlink_queue"
            os.chown(listing, 0, 65534)
        daemon = self.daemon(DROP_EVIL, wrapper=as_nobody)
        self.assert_passes(self.server(), b"harmless")
        status = daemon.status_at_rest()
        self.assertTrue(status["well"], status["problems"])
        self.assert_exact(status)
        self.assertEqual(status["kernel"]["rest"], 0)


if __name__ == "__main__":
    tap.main()
