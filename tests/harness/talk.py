# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections written into captures."""

import pathlib
import struct

from . import packets

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
RAW_IP = 101  # the capture's link layer: packets begin with their IP header


class Talk:
    """A connection whose packets are collected with their times."""

    def __init__(self, client="192.0.2.1", server="198.51.100.1", port=80, client_port=40000, isn=1000):
        self.ends = [(client, client_port), (server, port)]
        self.next = [isn, isn + 5000]
        self.packets, self.now = [], 1_700_000_000.0

    def send(self, side, flags, payload=b"", sequence=None, **options):
        (source, source_port), (target, target_port) = self.ends[side], self.ends[1 - side]
        number = self.next[side] if sequence is None else sequence
        acknowledged = self.next[1 - side] if flags & ACK else 0
        segment = packets.tcp(source, target, source_port, target_port, number, acknowledged, flags, payload, **options)
        if sequence is None:
            self.next[side] += len(payload) + bool(flags & SYN) + bool(flags & FIN)
        self.packets.append((self.now, packets.ip(source, target, segment)))
        self.now += 0.001

    def open(self):
        self.send(0, SYN)
        self.send(1, SYN | ACK)
        self.send(0, ACK)
        return self

    def say(self, payload, side=0, cut=None):
        for at in range(0, len(payload), cut or len(payload)):
            self.send(side, PSH | ACK, payload[at:at + (cut or len(payload))])
        return self


def write_capture(path: pathlib.Path, timed_packets: list[tuple[float, bytes]]) -> None:
    """A capture in the classic format, microseconds, little-endian."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, RAW_IP))
        for time, packet in timed_packets:
            out.write(struct.pack("<IIII", int(time), int(time % 1 * 1e6), len(packet), len(packet)) + packet)
