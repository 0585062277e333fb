#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The catalogue of evasions (tests/evasion/catalogue): each entry is real, nfsieve stops it, and its twin passes.

An argument chooses entries by a part of their name. All of them are played when their class begins, most at the
same time; the cases then look at what came of each.
"""

import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in (".", "evasion")]

import tempfile  # noqa: E402
import time  # noqa: E402
import unittest  # noqa: E402
from collections import defaultdict  # noqa: E402

from catalogue import ENTRIES, PATTERN, Entry  # noqa: E402
from catalogue.attacker import PATIENCE, Way  # noqa: E402
from catalogue.stage import Played, Stage  # noqa: E402

from harness import divert, tap  # noqa: E402
from harness.case import DROP_EVIL  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.topology import LAN, WAN, Topology  # noqa: E402
from harness.traffic import wait_until  # noqa: E402


def chosen() -> list[Entry]:
    named = [entry for entry in ENTRIES if any(part in entry.name for part in sys.argv[1:])]
    return named or ENTRIES


class Catalogue(unittest.TestCase):
    """A gateway, receivers and what was played, for a class."""

    topology: Topology
    stage: Stage
    played: dict[tuple[str, bool], Played]

    @classmethod
    def setUpClass(cls) -> None:
        cls.topology = Topology()
        cls.addClassCleanup(cls.topology.close)
        cls.stage = Stage(cls.topology)
        cls.addClassCleanup(cls.stage.close)
        cls.played = {}

    @classmethod
    def keep(cls, played: list[Played]) -> list[Played]:
        cls.played |= {(one.entry.name, one.twin): one for one in played}
        return played


class OnLinux(Catalogue):
    """Nothing is in the way."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        played = cls.keep(cls.stage.play_all((entry, False) for entry in chosen()))
        wait_until(lambda: all(one.reads() == one.entry.linux for one in played), PATIENCE)
        time.sleep(0.3)  # what should not come has time to

    def check(self, entry: Entry) -> None:
        played = self.played[entry.name, False]
        self.assertEqual(played.trouble, "")
        self.assertEqual(played.reads(), entry.linux)


class DaemonInTheWay(Way):
    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon

    def reload(self) -> None:
        self.daemon.reload(words=("reloaded",))

    def restart(self) -> None:
        self.daemon.stop()
        before = len(self.daemon.log())
        self.daemon.launch()
        wait_until(lambda: "ready" in self.daemon.log()[before:], PATIENCE)

    def outlast(self, seconds: float) -> None:
        before = self.daemon.status()["flows"]
        time.sleep(seconds + 0.5)
        # A worker that was kept waiting judges what has come before it looks for what is old.
        if before["made"] > before["expired"]:
            wait_until(lambda: self.daemon.status()["flows"]["expired"] > before["expired"], 3)


class BehindNfsieve(Catalogue):
    """The shipped rules divert, and a daemon with one rule judges."""

    events: dict[int, set[str]]  # by the attacker's port: "alert", or an anomaly's name
    moved: dict[str, int]  # by entry: how far its counter went
    logs: list[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        divert.install_gateway(cls.topology.gateway, [LAN, WAN])
        cls.events, cls.moved, cls.logs = defaultdict(set), {}, []
        wanted = chosen()
        cls.play_at_once(wanted)
        for entry in wanted:
            if entry.configuration is not None:
                cls.play_with_a_daemon_of_its_own(entry)

    @classmethod
    def start(cls, configuration: dict, rules: tuple[dict, ...] = ()) -> Daemon:
        directory = tempfile.TemporaryDirectory(prefix="nfsieve-test-", ignore_cleanup_errors=True)
        cls.addClassCleanup(directory.cleanup)
        daemon = Daemon(cls.topology.gateway, pathlib.Path(directory.name), {"rules": [*rules, *DROP_EVIL["rules"]]},
                        configuration=configuration)
        cls.addClassCleanup(daemon.kill)
        return daemon.start()

    @classmethod
    def play_at_once(cls, wanted: list[Entry]) -> None:
        daemon = cls.start({})
        for entry in wanted:
            if entry.nfsieve.counter and entry.configuration is None:
                cls.play_counted(daemon, entry)
        attacks = [(entry, False) for entry in wanted if not entry.alone]
        twins = [(entry, True) for entry in wanted if not entry.no_twin and entry.configuration is None]
        cls.finish(daemon, cls.keep(cls.stage.play_all(attacks + twins)))

    @classmethod
    def play_counted(cls, daemon: Daemon, entry: Entry, way: Way | None = None) -> None:
        """Returns once the entry's counter has moved, or should have."""
        counter = entry.nfsieve.counter
        before = daemon.counters()[counter]
        cls.keep([cls.stage.play(entry, way=way)])
        wait_until(lambda: daemon.counters()[counter] > before, PATIENCE)
        cls.moved[entry.name] = daemon.counters()[counter] - before

    @classmethod
    def play_with_a_daemon_of_its_own(cls, entry: Entry) -> None:
        daemon = cls.start(entry.configuration or {}, entry.rules)
        way = DaemonInTheWay(daemon)
        played = []
        if entry.nfsieve.counter:
            cls.play_counted(daemon, entry, way)
        else:
            played = cls.keep([cls.stage.play(entry, way=way)])
        if not entry.no_twin:
            played += cls.keep([cls.stage.play(entry, twin=True, way=way)])
        cls.finish(daemon, played)

    @classmethod
    def finish(cls, daemon: Daemon, played: list[Played]) -> None:
        """Ends the daemon once all has come of what was played that should, and no packet comes any more."""
        wait_until(lambda: cls.all_is_there(daemon, played), PATIENCE, step=0.1)
        quiet_since = daemon.counters()["packets"]
        for _ in range(10):
            time.sleep(0.3)
            if quiet_since == (quiet_since := daemon.counters()["packets"]):
                break
        cls.read_events(daemon)
        cls.logs.append(daemon.log()[-3000:])
        daemon.stop()

    @classmethod
    def all_is_there(cls, daemon: Daemon, played: list[Played]) -> bool:
        cls.read_events(daemon)
        return all(
            one.reads() == one.entry.twin_reads if one.twin else one.entry.nfsieve.events <= cls.events[one.port]
            for one in played
        )

    @classmethod
    def read_events(cls, daemon: Daemon) -> None:
        for event in daemon.events():
            reason = event["anomaly"]["event"] if event["event_type"] == "anomaly" else event["event_type"]
            for port in (event.get("src_port"), event.get("dest_port")):
                cls.events[port].add(reason)

    def check(self, entry: Entry) -> None:
        played = self.played[entry.name, False]
        self.assertEqual(played.trouble, "")
        self.assertNotIn(PATTERN, played.raw())
        self.assertEqual(entry.nfsieve.events - self.events[played.port], set(), self.describe(played))
        if entry.nfsieve.counter:
            self.assertGreaterEqual(self.moved[entry.name], 1, entry.nfsieve.counter)

    def check_twin(self, entry: Entry) -> None:
        played = self.played[entry.name, True]
        self.assertEqual(played.trouble, "")
        self.assertEqual(played.reads(), entry.twin_reads, self.describe(played))

    def describe(self, played: Played) -> str:
        return f"events: {sorted(self.events[played.port])}; read: {played.raw()[-60:]!r}; {played.trouble}"

    def tell_about_failure(self) -> str:
        return "the daemons' logs:\n" + "\n".join(self.logs)


def add_cases() -> None:
    """A case for each thing that the catalogue claims of an entry."""
    for entry in ENTRIES:
        setattr(OnLinux, f"test_linux_reads_what_is_said_of_{entry.name}", lambda self, e=entry: self.check(e))
        setattr(BehindNfsieve, f"test_nfsieve_stops_{entry.name}", lambda self, e=entry: self.check(e))
        if not entry.no_twin:
            setattr(BehindNfsieve, f"test_the_harmless_twin_passes_of_{entry.name}",
                    lambda self, e=entry: self.check_twin(e))


add_cases()

if __name__ == "__main__":
    tap.main()
