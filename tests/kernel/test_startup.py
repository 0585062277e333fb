#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Starting: what is wrong with the surroundings is said in words, and the exit status is 1."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, GatewayCase  # noqa: E402
from harness.daemon import AcceptAll, Daemon  # noqa: E402
from harness.topology import LAN, WAN  # noqa: E402
from harness.traffic import wait_until  # noqa: E402


class Startup(GatewayCase):
    def refused(self, daemon: Daemon) -> str:
        """What the daemon says when it cannot start."""
        self.addCleanup(self._finish, daemon)
        daemon.launch()
        self.assertEqual(daemon.process.wait(15), 1, daemon.log())
        self.assertNotIn("ready", daemon.log())
        return daemon.log().lower()

    def make(self, rules: dict = DROP_EVIL, **options) -> Daemon:
        return Daemon(self.topology.gateway, self.directory, rules, **options)

    def test_a_queue_that_another_program_holds_is_said_in_words(self) -> None:
        holder = AcceptAll(self.topology.gateway, "1")
        self.addCleanup(holder.kill)
        said = self.refused(self.make())
        self.assertIn("queue 1", said)
        self.assertRegex(said, "taken|in use|another")

    def test_without_the_capability_the_remedy_is_said(self) -> None:
        said = self.refused(
            self.make(wrapper=("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"))
        )
        self.assertIn("cap_net_admin", said)

    def test_bad_rules_at_the_start_name_their_place(self) -> None:
        said = self.refused(self.make({"rules": [{"id": "x", "action": "explode"}]}))
        self.assertRegex(said, r"rules\.json:\d+:\d+: rule x: ")

    def test_a_rule_file_on_the_command_line_counts_too(self) -> None:
        more = self.directory / "more.json"
        more.write_text('{"rules": [{"id": "b", "action": "drop", "match": {"payload": {"contains": "SECOND"}}}]}')
        self.daemon(DROP_EVIL, arguments=("--rules", str(more)))
        self.assert_blocked(self.server(), EVIL, EVIL)
        self.assert_blocked(self.server(), b"a SECOND one", b"SECOND")

    def test_queues_on_the_command_line_replace_those_of_the_configuration(self) -> None:
        self.daemon(DROP_EVIL, queues="40-41", arguments=("--queue-num", "0-1"))
        self.assert_blocked(self.server(), EVIL, EVIL)

    def test_workers_are_bound_to_the_cpus_of_the_configuration(self) -> None:
        cpus = sorted(os.sched_getaffinity(0))
        last, first = cpus[-1], cpus[0]
        daemon = self.daemon(DROP_EVIL, queues="0-2", configuration={"affinity": [last, first]})
        expected = {"nfsieve-q0": {last}, "nfsieve-q1": {first}, "nfsieve-q2": {last}}
        masks: dict[str, set[int]] = {}

        def bound() -> dict[str, set[int]]:
            for thread in pathlib.Path(f"/proc/{daemon.process.pid}/task").iterdir():
                masks[(thread / "comm").read_text().strip()] = os.sched_getaffinity(int(thread.name))
            return {name: cpu for name, cpu in masks.items() if name.startswith("nfsieve-q")}

        wait_until(lambda: bound() == expected, 5)  # each binds itself, and the daemon is ready without waiting for it
        self.assertEqual(bound(), expected)
        self.assertEqual(masks["nfsieve"], set(cpus), "the others are not bound")
        self.assertEqual(daemon.status()["affinity"], [last, first, last])
        self.assert_passes(self.server(), b"harmless")

    def test_a_cpu_that_the_process_may_not_use_is_refused_with_its_place(self) -> None:
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) == 1:
            self.skipTest("this machine has one CPU")
        said = self.refused(
            self.make(configuration={"affinity": [cpus[-1]]}, wrapper=("taskset", "-c", str(cpus[0])))
        )
        self.assertRegex(said, rf"nfsieve\.json:\d+:\d+: cpu {cpus[-1]} is withheld .* used: {cpus[0]}\b")

    def test_sigterm_ends_it_with_status_0_and_nothing_passes_afterwards(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        self.assert_passes(self.server(), b"harmless")
        self.assertEqual(daemon.stop(), 0)
        self.assertFalse(self.client(self.server(), timeout=1.5).connected)

    def test_an_interface_that_joins_more_than_a_queue_shows_is_named(self) -> None:
        gateway = self.topology.gateway
        gateway.run("ip", "link", "set", WAN, "gro_max_size", "131072")
        self.addCleanup(gateway.run, "ip", "link", "set", WAN, "gro_max_size", "65536")
        daemon = self.daemon(DROP_EVIL)
        self.assertIn(f"{WAN} joins segments into packets of up to 131072 bytes", daemon.log())
        self.assertNotIn(f"{LAN} joins", daemon.log())

    def test_a_restart_takes_the_queues_again(self) -> None:
        self.daemon(DROP_EVIL).stop()
        self.daemon(DROP_EVIL)
        self.assert_passes(self.server(), b"harmless")


if __name__ == "__main__":
    tap.main()
