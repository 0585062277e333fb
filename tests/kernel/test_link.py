#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The link emulator does to real packets what it was asked for: other tests and the benchmark rest on it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import hashlib  # noqa: E402
import os  # noqa: E402
import socket  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
import unittest  # noqa: E402

from harness import tap  # noqa: E402
from harness.link import Emulator, Link  # noqa: E402
from harness.namespace import Namespace  # noqa: E402

NEAR, FAR = "10.92.0.1", "10.92.0.2"
OFFLOADS = ("tso", "gso")
SO_RCVBUFFORCE = 33  # asm-generic/socket.h


class LinkEmulator(unittest.TestCase):
    def join(self, link: Link) -> Emulator:
        """Two namespaces joined by `link`, without a packet that the test does not send."""
        self.near, self.far = Namespace("near"), Namespace("far")
        for namespace in (self.near, self.far):
            self.addCleanup(namespace.close)
            namespace.sysctl("ipv6/conf/default/disable_ipv6", "1")
        emulator = Emulator(link, (self.near, "t0"), (self.far, "t0"))
        self.addCleanup(emulator.close)
        for namespace, address in ((self.near, NEAR), (self.far, FAR)):
            namespace.run("ip", "addr", "add", f"{address}/24", "dev", "t0")
        return emulator

    def datagram_ends(self) -> tuple[socket.socket, socket.socket]:
        ends = []
        for namespace, address in ((self.near, NEAR), (self.far, FAR)):
            end = namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.addCleanup(end.close)
            end.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
            end.bind((address, 0))
            end.settimeout(5)
            ends.append(end)
        ends[0].connect(ends[1].getsockname())
        ends[1].connect(ends[0].getsockname())
        return ends[0], ends[1]

    def carry(self, sender: socket.socket, receiver: socket.socket, count: int, size: int = 100) -> list[int]:
        """Sends numbered datagrams; returns the numbers of those that arrived, in their order, once no more come."""
        for number in range(count):
            sender.send(number.to_bytes(4, "big").ljust(size, b"."))
            if number % 50 == 49:
                time.sleep(0.0005)
        arrived: list[int] = []
        receiver.settimeout(3)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                arrived.append(int.from_bytes(receiver.recv(2048)[:4], "big"))
            except TimeoutError:
                break
        return arrived

    def test_it_delays_both_ways(self) -> None:
        self.join(Link(delay_ms=40))
        near, far = self.datagram_ends()
        trips = []
        for _ in range(20):  # one of them is not held up by a busy machine
            started = time.monotonic()
            near.send(b"there")
            far.send(far.recv(100))
            near.recv(100)
            trips.append(time.monotonic() - started)
        self.assertGreaterEqual(min(trips), 0.080)
        self.assertLess(min(trips), 0.150)

    def test_it_takes_its_time_at_its_rate(self) -> None:
        self.join(Link(rate=20e6, queue_bytes=1 << 20))
        near, far = self.datagram_ends()
        started = time.monotonic()
        for _ in range(500):
            near.send(bytes(1000))
        for _ in range(500):
            far.recv(2000)
        took = time.monotonic() - started
        self.assertGreaterEqual(took, 500 * 1028 * 8 / 20e6)
        self.assertLess(took, 2)

    def test_it_drops_what_its_queue_cannot_hold(self) -> None:
        emulator = self.join(Link(rate=1e6, queue_bytes=10_000))
        near, far = self.datagram_ends()
        arrived = self.carry(near, far, 100, 1000)
        counts = emulator.stop()["there"]
        self.assertGreater(counts["queue_full"], 50)
        self.assertEqual(len(arrived), 100 - counts["queue_full"])

    def test_it_loses_doubles_and_reorders(self) -> None:
        emulator = self.join(Link(delay_ms=5, loss=5, duplicate=10, reorder=25))
        near, far = self.datagram_ends()
        arrived = self.carry(near, far, 4000)
        counts = emulator.stop()["there"]
        self.assertEqual(counts["offered"], 4000)
        self.assertEqual(4000 - len(set(arrived)), counts["lost"])
        self.assertEqual(len(arrived) - len(set(arrived)), counts["duplicated"])
        self.assertEqual(len(arrived), counts["delivered"])
        for name, expected, within in (("lost", 200, 70), ("duplicated", 380, 90), ("reordered", 950, 130)):
            self.assertAlmostEqual(counts[name], expected, delta=within, msg=name)
        self.assertGreater(ahead_of_their_turn(arrived), 0.7 * counts["reordered"])

    def test_tcp_passes_whole_in_long_packets_and_in_short_ones(self) -> None:
        for offload in ("on", "off"):
            with self.subTest(offload=offload):
                emulator = self.join(Link(delay_ms=1))
                for namespace in (self.near, self.far):
                    namespace.run("ethtool", "-K", "t0", *(word for name in OFFLOADS for word in (name, offload)))
                self.assertEqual(self.received_digest(content := os.urandom(8 << 20)), hashlib.sha256(content).digest())
                longest = emulator.stop()["there"]["longest"]
                self.assertGreater(longest, 20_000) if offload == "on" else self.assertLess(longest, 1_520)

    def received_digest(self, content: bytes) -> bytes:
        """Of what the far end reads when the near end sends `content`."""
        listener = self.far.socket(socket.AF_INET)
        self.addCleanup(listener.close)
        listener.bind((FAR, 0))
        listener.listen(1)
        sender = self.near.socket(socket.AF_INET)
        self.addCleanup(sender.close)
        sender.settimeout(10)
        sender.connect(listener.getsockname())

        def send() -> None:
            sender.sendall(content)
            sender.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=send)
        thread.start()
        receiver, _ = listener.accept()
        digest = hashlib.sha256()
        with receiver:
            receiver.settimeout(10)
            while data := receiver.recv(1 << 20):
                digest.update(data)
        thread.join(10)
        return digest.digest()


def ahead_of_their_turn(numbers: list[int]) -> int:
    """How many come before a lower number."""
    count, lowest = 0, numbers[-1]
    for number in reversed(numbers):
        count += number > lowest
        lowest = min(number, lowest)
    return count


if __name__ == "__main__":
    tap.main()
