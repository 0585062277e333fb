#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Segments made by hand: out of order, twice, overlapping, and ones that the receiver never takes."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, GatewayCase  # noqa: E402
from harness.packets import ACK, FIN, PSH, RST  # noqa: E402
from harness.raw_client import RawClient  # noqa: E402
from harness.topology import FAMILIES, V4, Family  # noqa: E402
from harness.traffic import RecordingServer, wait_until  # noqa: E402


class Segments(GatewayCase):
    def setUp(self) -> None:
        super().setUp()
        self.daemon(DROP_EVIL)

    def connected(self, family: Family = V4) -> tuple[RecordingServer, RawClient]:
        server = self.server(family)
        client = RawClient(self.topology, family, server.port)
        self.addCleanup(client.close)
        client.connect()
        return server, client

    def assert_never(self, server: RecordingServer, secret: bytes) -> None:
        wait_until(lambda: secret in server.received(), 0.5)
        self.assertNotIn(secret, server.received())

    def test_the_segment_that_completes_a_match_out_of_order_is_dropped(self) -> None:
        for family in FAMILIES:
            with self.subTest(version=family.version):
                server, client = self.connected(family)
                client.send(7, EVIL[7:])
                client.send(4, EVIL[4:7])
                client.send(0, EVIL[:4])
                self.assert_never(server, EVIL)
                self.assertEqual(server.received(), b"")

    def test_every_byte_in_reverse_order_is_blocked(self) -> None:
        server, client = self.connected()
        for offset in reversed(range(len(EVIL))):
            client.send(offset, EVIL[offset : offset + 1])
        self.assert_never(server, EVIL)

    def test_harmless_segments_out_of_order_pass(self) -> None:
        for family in FAMILIES:
            with self.subTest(version=family.version):
                server, client = self.connected(family)
                for offset in (8, 4, 0):
                    client.send(offset, b"harmless....."[offset : offset + 4])
                self.assertTrue(client.wait_acknowledged(12))
                self.assertTrue(wait_until(lambda: server.received() == b"harmless...."))

    def test_harmless_retransmissions_pass(self) -> None:
        server, client = self.connected()
        for _ in range(3):
            client.send(0, b"same")
        client.send(2, b"me as ever")
        self.assertTrue(client.wait_acknowledged(12))
        self.assertTrue(wait_until(lambda: server.received() == b"same as ever"))

    def test_a_lost_segment_cannot_be_retransmitted_as_another(self) -> None:
        # The first copy of bytes 4..6 does not reach the server: here it is sent with a checksum that only the
        # receiver looks at.
        server, client = self.connected()
        client.send(0, EVIL[:4])
        client.send(4, b"xyz", bad_checksum=True)
        client.send(7, EVIL[7:])
        client.send(4, EVIL[4:7])
        self.assert_never(server, EVIL)

    def test_an_overlap_that_rewrites_waiting_bytes_is_dropped(self) -> None:
        server, client = self.connected()
        client.send(4, b"xxxxxxx")
        client.send(4, EVIL[4:])
        client.send(0, EVIL[:4])
        self.assert_never(server, EVIL)
        self.assertTrue(wait_until(lambda: self.running.counters()["conflicting"] >= 1, step=0.1))

    def test_a_decoy_reset_with_a_wrong_number_ends_nothing(self) -> None:
        server, client = self.connected()
        client.send(0, EVIL[:5])
        self.assertTrue(client.wait_acknowledged(5))
        client.send_packet(client.segment(client.first + 1 + 900_000_000, RST | ACK))
        client.send(5, EVIL[5:])
        self.assert_never(server, EVIL)

    def test_a_decoy_that_dies_before_the_receiver_does_not_hide_the_match(self) -> None:
        # The same bytes twice, once as a decoy whose checksum is wrong.
        server, client = self.connected()
        client.send(0, b"xxxxxxxxxxx", bad_checksum=True)
        client.send(0, EVIL)
        self.assert_never(server, EVIL)

    def test_data_with_a_fin_is_judged(self) -> None:
        server, client = self.connected()
        client.send(0, EVIL, flags=FIN | PSH | ACK)
        self.assert_never(server, EVIL)


if __name__ == "__main__":
    tap.main()
