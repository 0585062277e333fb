#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A long link is not slowed down: all that is under way on it has passed the daemon and must be remembered.

`tools/bench --rtt 100` measures the ratio properly; the bound here only notices a connection that stands still, on a
link that is long rather than fast: as much is under way on it, and a busy machine fills it too.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import tempfile  # noqa: E402
import unittest  # noqa: E402

from harness import link, tap  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.far import FarServer, harm  # noqa: E402
from harness.made import made_rules  # noqa: E402

RTT_MS, RATE = 300, 333e6
BOUND = 0.3
ROUNDS = 3  # at most: on a busy machine one may go wrong, a regression lets all go wrong
WARM_UP, SECONDS = 5, 3  # the receiver lets its window grow by round trips


class LongLink(unittest.TestCase):
    def far_server(self, queues: int) -> FarServer:
        server = FarServer(RTT_MS, queues=queues, rate=RATE, overfilled=True)
        self.addCleanup(server.close)
        return server

    def test_an_upload_with_many_megabytes_under_way_does_not_stand_still(self) -> None:
        plain, queued = self.far_server(0), self.far_server(2)
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="nfsieve-test-")))
        daemon = Daemon(queued.topology.gateway, directory, {"rules": made_rules(1000)})
        self.addCleanup(daemon.kill)
        daemon.start()
        ratios: list[float] = []
        while len(ratios) < ROUNDS and max(ratios, default=0) < BOUND:
            floor = plain.upload_rate(WARM_UP, SECONDS)
            rate = queued.upload_rate(WARM_UP, SECONDS)
            ratios.append(rate / floor)
            tap.comment(f"{rate / 1e6:.0f} of {floor / 1e6:.0f} Mbit/s: {ratios[-1]:.2f}")
        self.assertGreaterEqual(max(ratios), BOUND, harm(daemon.counters()))
        self.assertEqual(harm(daemon.counters()), {})
        if not link.kernel_has_netem():  # netem's queue is as good as endless
            self.assertGreater(queued.topology.stop_link(), 0, "nothing was lost, so nothing had to be known again")


if __name__ == "__main__":
    tap.comment(link.describe())
    tap.main()
