#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods on real packets: an ordinary client's pattern, half sent before and half after, is blocked all the same, and
the daemon's memory stays under its caps."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import os  # noqa: E402

from harness import flood, tap  # noqa: E402
from harness.case import EVIL  # noqa: E402
from harness.policy import PolicyCase  # noqa: E402
from harness.traffic import Client, RecordingServer, wait_until  # noqa: E402

FLOOD = 10_000 if os.environ.get("NFSIEVE_IN_VM") else 50_000
MEBIBYTE = 1 << 20
CAPS = {"flows": "4M", "held": "4M", "held_per_flow": "1M"}
CAPPED = 8 * MEBIBYTE
BESIDE = 24 * MEBIBYTE  # receive slabs, buckets, what a flood makes the allocator keep
WAVE = 8_000  # packets that the queue holds in any case


class Floods(PolicyCase):
    def setUp(self) -> None:
        self.renew_topology()
        super().setUp()
        self.policy_daemon("memcap", memory=CAPS)
        flood.silence_server(self.topology)

    def half_a_pattern(self) -> tuple[RecordingServer, Client]:
        server = self.server()
        client = self.client(server)
        client.send(EVIL[:6])
        self.assertTrue(wait_until(lambda: server.received() == EVIL[:6]))
        return server, client

    def assert_other_half_is_blocked(self, server: RecordingServer, client: Client) -> None:
        client.send(EVIL[6:])
        self.running.wait_alerts()
        self.assert_stays(server.received, EVIL[:6])

    def resident(self) -> int:
        pages = pathlib.Path(f"/proc/{self.running.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def send_flood(self, frames) -> None:
        """As fast as the daemon takes them, so that none is lost before it is seen."""
        before, sent = self.running.counters()["packets"], 0
        with flood.link(self.topology, "client") as link:
            for frame in frames:
                link.send(frame)
                sent += 1
                if sent % WAVE == 0:
                    self.wait_counted("packets", before + sent, 30)
        self.wait_counted("packets", before + sent, 30)

    def assert_survives(self, frames) -> None:
        server, client = self.half_a_pattern()
        memory = self.resident()
        self.send_flood(frames)
        grown = self.resident() - memory
        tap.comment(f"resident memory grew by {grown / MEBIBYTE:.1f} MiB, caps {CAPPED / MEBIBYTE:.0f} MiB")
        self.assertLess(grown, CAPPED + BESIDE)
        self.assert_other_half_is_blocked(server, client)

    def test_a_flood_of_half_open_connections_ends_no_inspection(self) -> None:
        self.assert_survives(flood.syn_frames(FLOOD))
        self.assert_passes(self.server(), b"a new connection finds room")

    def test_a_flood_of_stray_acknowledgments_leaves_room_for_new_connections(self) -> None:
        self.assert_survives(flood.stray_frames(FLOOD // 2))
        self.assert_passes(self.server(), b"a new connection finds room")

    def test_a_flood_of_tiny_segments_out_of_order_ends_no_inspection(self) -> None:
        flood.open_by_hand(self.topology, 20)
        self.assert_survives(flood.tiny_frames(20, FLOOD // 2))
        self.wait_counted("cause_memcap")
        self.assert_passes(self.server(), b"a new connection finds room")


if __name__ == "__main__":
    tap.main()
