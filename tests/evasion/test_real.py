#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random senders against a real Linux receiver: through the daemon, and without it to hold the model against Linux.

EVASION_COUNT (cases of each kind, default 500) and EVASION_SEED (the first seed, default 1) choose the cases.
"""

import os
import pathlib
import platform
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import tap  # noqa: E402
from harness.case import GatewayCase  # noqa: E402
from harness.daemon import find_binary  # noqa: E402
from harness.topology import Topology  # noqa: E402

PROGRAM = find_binary("NFSIEVE_EVASION_REAL", "tests/evasion/evasion_real")
COUNT = os.environ.get("EVASION_COUNT", "500")
SEED = os.environ.get("EVASION_SEED", "1")
OLDEST_MODELLED = (6, 14)  # the release whose handshake the model plays
MINUTES = 60

# What the program marks with a short hop limit gets lost between gateway and receiver.
LOSS = """table inet loss {
    chain in { type filter hook prerouting priority raw; ip ttl < 10 drop; ip6 hoplimit < 10 drop; }
}"""
SERVER_SETTINGS = {
    "ipv4/tcp_syncookies": "0",
    "ipv4/tcp_max_syn_backlog": "65535",
    "core/somaxconn": "65535",
    "ipv4/tcp_invalid_ratelimit": "0",
    "ipv4/tcp_no_metrics_save": "1",
}


def prepare(topology: Topology) -> None:
    for name, value in SERVER_SETTINGS.items():
        topology.server.sysctl(name, value)
    topology.server.run("nft", "-f", "-", text_input=LOSS)


class Senders(GatewayCase):
    """One run of the program in the class's topology."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        prepare(cls.topology)

    def play(self, kind: str, *options: str) -> str:
        command = [
            PROGRAM, "--client-ns", self.topology.client.path, "--server-ns", self.topology.server.path,
            "--kind", kind, "--count", COUNT, "--seed", SEED, *options,
        ]
        with self.topology.gateway.start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
            try:
                shown = run.communicate(timeout=MINUTES * 60)[0]
            except BaseException:
                run.kill()
                raise
        tap.comment(shown.splitlines()[-1] if shown else "no output")
        self.assertEqual(run.returncode, 0, shown[-6000:])
        return shown


class ThroughTheDaemon(Senders):
    def setUp(self) -> None:
        super().setUp()
        rules = self.directory / "evasion.json"
        rules.write_text(subprocess.run([PROGRAM, "--print-rules"], check=True, capture_output=True, text=True).stdout)
        self.started = self.daemon(rules)

    def test_no_attack_reaches_a_real_receiver(self) -> None:
        self.play("attack")
        self.assertGreater(len(self.started.events("alert")), 0, "no rule has matched at all")

    def test_no_benign_stream_is_harmed_on_its_way_to_a_real_receiver(self) -> None:
        self.play("benign")
        self.assertEqual(self.started.events("alert"), [])


class WithoutTheDaemon(Senders):
    @classmethod
    def install_divert(cls) -> None:
        """Nothing judges here."""

    def setUp(self) -> None:
        super().setUp()
        release = tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])
        if release < OLDEST_MODELLED:
            self.skipTest(f"the model is one of Linux {OLDEST_MODELLED[0]}.{OLDEST_MODELLED[1]} and later")

    def test_the_model_reads_of_attacks_what_linux_reads(self) -> None:
        shown = self.play("attack", "--check-model")
        through = int(re.search(r"(\d+) get through", shown)[1])
        self.assertGreater(through, int(COUNT) // 2, "most attacks must work where nothing stops them")

    def test_the_model_reads_of_benign_streams_what_linux_reads(self) -> None:
        self.play("benign", "--check-model")


del Senders, GatewayCase  # bases alone

if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    tap.main()
