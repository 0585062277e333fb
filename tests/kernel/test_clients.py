#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""curl and nginx over a link that loses, doubles and reorders packets, through 1,000 rules: what they send arrives, and
nothing that they do looks like an attack.

NFSIEVE_CLIENT_MEGABYTES sets the size of each of the four transfers: 8 by default, 3 in the VM.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import dataclasses  # noqa: E402
import hashlib  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

from harness import divert, link, tap  # noqa: E402
from harness.case import GatewayCase  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.link import Link  # noqa: E402
from harness.made import made_bytes, made_rules  # noqa: E402
from harness.nginx import Nginx  # noqa: E402
from harness.topology import FAMILIES, LAN, V4, V6, WAN, Family, Topology  # noqa: E402
from harness.traffic import wait_until  # noqa: E402

MEGABYTES = int(os.environ.get("NFSIEVE_CLIENT_MEGABYTES", "3" if os.environ.get("NFSIEVE_IN_VM") else "8"))
BAD_LINK = Link(delay_ms=2, loss=5, reorder=25, duplicate=5)
LONGEST = 120 + 30 * MEGABYTES  # seconds, for what hangs: a link like this one may be quiet for long
RULES = {"rules": made_rules(1000, regexes=20)}
# What no benign client may ever bring about.
BLAME = (
    "conflicting", "unverifiable", "gap", "memcap", "truncated", "malformed", "bad_checksum", "midstream", "expired",
    "one_way", "ambiguous_request", "ambiguous_response",
)  # fmt: skip


@dataclasses.dataclass
class Transfer:
    name: str
    process: subprocess.Popen
    result: Callable[[str], pathlib.Path]  # from what curl printed to the file that the receiver has written


class BadLink(GatewayCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.content = made_bytes(MEGABYTES << 20)
        cls.digest = hashlib.sha256(cls.content).hexdigest()

    def gateway(self, offload: bool) -> Daemon:
        """The bad link, the daemon on the gateway and the web server."""
        self.topology = Topology(offload=offload, link=BAD_LINK)
        self.addCleanup(self.topology.close)
        divert.install_gateway(self.topology.gateway, [LAN, WAN], queue_count=self.queue_count)
        web = self.directory / "web"
        web.mkdir()
        self.directory.chmod(0o755)
        nginx = Nginx(self.topology.server, web, (V4.server, V6.server))
        self.addCleanup(nginx.close)
        nginx.add_file("big", self.content)
        (self.directory / "big").write_bytes(self.content)
        return self.daemon(RULES)

    def curl(self, family: Family, path: str, *arguments: str) -> subprocess.Popen:
        host = family.server if family.version == 4 else f"[{family.server}]"
        process = self.topology.client.start(
            ["curl", "-sS", "--fail", "--noproxy", "*", f"http://{host}{path}", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(process.kill)
        return process

    def start_transfers(self) -> list["Transfer"]:
        """All of them at once: a link like this one leaves each of them most of it."""
        transfers = []
        for family in FAMILIES:
            got = self.directory / f"got-{family.version}"
            down = self.curl(family, "/files/big", "-o", str(got))
            up = self.curl(family, "/upload", "-T", str(self.directory / "big"), "-H", "Expect:")
            transfers.append(Transfer(f"download over IPv{family.version}", down, lambda _out, got=got: got))
            transfers.append(Transfer(f"upload over IPv{family.version}", up, pathlib.Path))
        return transfers

    def assert_all_arrives(self, offload: bool) -> None:
        daemon = self.gateway(offload)
        started = time.monotonic()
        waiting = self.start_transfers()
        while waiting:
            for transfer in [t for t in waiting if t.process.poll() is not None]:
                waiting.remove(transfer)
                with self.subTest(transfer.name, offload=offload):
                    out, error = transfer.process.communicate()
                    self.assertEqual(transfer.process.returncode, 0, error)
                    self.assertEqual(digest_of(transfer.result(out)), self.digest)
                    tap.comment(f"{transfer.name}: {MEGABYTES} MB in {time.monotonic() - started:.1f} s")
            self.assertLess(time.monotonic() - started, LONGEST, [t.name for t in waiting])
            time.sleep(0.05)
        counters = daemon.counters()
        tap.comment(f"{counters['packets']} packets, {counters['bytes'] / counters['packets']:.0f} bytes each")
        self.assert_harmless(daemon, counters)
        self.assertGreater(self.topology.stop_link(), 10, "the link was a good one")

    def assert_harmless(self, daemon: Daemon, counters: dict[str, int]) -> None:
        self.assertTrue(daemon.alive())
        blamed = {
            name: count for name, count in counters.items()
            if count and name.endswith(BLAME) and not name.startswith("flows_")
        }  # fmt: skip
        self.assertEqual(blamed, {}, daemon.events("anomaly"))
        for name in ("judged_drop", "matches", "flows_blocked", "queue_overruns", "verdict_errors"):
            self.assertEqual(counters[name], 0, name)
        self.assertEqual(daemon.events("anomaly") + daemon.events("alert"), [])
        self.assertGreater(counters["bytes"], 4 * MEGABYTES << 20)
        # The last acknowledgments may still be on their way.
        self.assertTrue(wait_until(lambda: all_accounted_for(daemon.counters()), 5), daemon.counters())

    def test_big_transfers_arrive_intact_in_long_packets(self) -> None:
        self.assert_all_arrives(offload=True)

    def test_big_transfers_arrive_intact_in_short_packets(self) -> None:
        self.assert_all_arrives(offload=False)


def digest_of(path: pathlib.Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def all_accounted_for(counters: dict[str, int]) -> bool:
    ends = sum(count for name, count in counters.items() if name.startswith(("judged_", "uninspected_")))
    return ends == counters["packets"]


if __name__ == "__main__":
    tap.comment(link.describe())
    tap.main()
