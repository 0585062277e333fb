# SPDX-License-Identifier: GPL-2.0-or-later
"""The sender that the attacks are written for: the harness's raw client, with ways to say anything."""

import ctypes
import socket
import struct
import time
from collections.abc import Callable, Iterable

from harness import packets
from harness.packets import ACK, FIN, PSH, SYN, Segment
from harness.raw_client import ETH_P_ALL, RawClient
from harness.topology import CLIENT_MAC, LAN_MAC, Family, Topology

from .receivers import Receiver

ECE, CWR = 64, 128
MSS = b"\x02\x04\x05\xb4"
FILLER = 1400  # bytes of a full segment

SO_ATTACH_FILTER = 26  # asm-generic/socket.h
PACKET_VNET_HDR = 15  # linux/if_packet.h

PATIENCE = 20  # seconds for what comes at once unless the machine is very busy


class Way:
    """What lies between attacker and receiver. Nothing does, here."""

    def reload(self) -> None:
        """Loads the rules anew."""

    def restart(self) -> None:
        """Ends the daemon and starts another one."""

    def outlast(self, seconds: float) -> None:
        """Waits for longer than `seconds`, so that what expires after them has."""


class Attacker(RawClient):
    """`options` go with every segment, `ttl` too."""

    def __init__(self, topology: Topology, family: Family, receiver: Receiver, source_port: int, way: Way) -> None:
        super().__init__(topology, family, receiver.port, source_port=source_port)
        only_to_port(self._sock, source_port)
        self.receiver, self.way, self._topology = receiver, way, topology
        self.options = b""

    def segment(
        self, sequence: int, flags: int, payload: bytes = b"", *, options: bytes = b"", acknowledged: int | None = None,
        ttl: int = 64, **more,
    ) -> bytes:
        number = self.acknowledged if acknowledged is None else acknowledged
        tcp = packets.tcp(
            self.source, self.target, self.source_port, self.port, sequence, number, flags, payload,
            options=self.options + options, **more,
        )
        return packets.ip(self.source, self.target, tcp, ttl=ttl)

    def at(self, offset: int, payload: bytes, flags: int = ACK | PSH, **more) -> bytes:
        """The packet that send() would send."""
        return self.segment(self.first + 1 + offset, flags, payload, **more)

    def wait_for(self, condition: Callable[[Segment], bool], timeout: float = PATIENCE) -> Segment | None:
        return super().wait_for(condition, timeout)

    def wait_acknowledged(self, offset: int, timeout: float = PATIENCE) -> bool:
        return super().wait_acknowledged(offset, timeout)

    def greet(self, flags: int = SYN, options: bytes = MSS) -> Segment:
        """The handshake without its last step. Repeats the SYN as a client would: where two packets of a connection
        are queued before the first is confirmed, conntrack gives one of them up."""
        for _ in range(PATIENCE):
            self.send_packet(self.segment(self.first, flags, options=options))
            if self.wait_for(self.answers, 0.5):
                break
        return self.hear_answer()

    def answers(self, segment: Segment, with_data: int = 0) -> bool:
        return bool(segment.flags & SYN) and segment.acknowledged in (self.number_at(0), self.number_at(with_data))

    def connect(self, syn_options: bytes = MSS) -> Segment:
        answer = self.greet(options=syn_options)
        self.send(0, b"", ACK)
        return answer

    def hear_answer(self, with_data: int = 0) -> Segment:
        """The SYN-ACK to a SYN with so many bytes of data, which it may acknowledge too."""
        answer = self.wait_for(lambda s: self.answers(s, with_data))
        if answer is None:
            raise TimeoutError("no SYN-ACK")
        self.acknowledged = answer.sequence + 1
        return answer

    def be_called(self) -> Segment:
        """The receiver's SYN, where it is the one that connects."""
        self.receiver.connect(self.source, self.source_port)
        call = self.wait_for(lambda s: s.flags == SYN or s.flags == SYN | ECE | CWR)
        if call is None:
            raise TimeoutError("no SYN")
        self.acknowledged = call.sequence + 1
        return call

    def answer_call(self) -> None:
        """The whole handshake from the server's side."""
        self.be_called()
        self.send_packet(self.segment(self.first, SYN | ACK, options=MSS))
        if self.wait_for(lambda s: s.flags & ACK and s.acknowledged == self.number_at(0)) is None:
            raise TimeoutError("the SYN-ACK was not acknowledged")

    def hear_fin(self) -> None:
        fin = self.wait_for(lambda s: s.flags & FIN)
        if fin is None:
            raise TimeoutError("no FIN")
        self.acknowledged = fin.sequence + 1

    def pieces(self, text: bytes, ranges: Iterable[tuple[int, int]], **more) -> None:
        """Each of the ranges of `text` as a segment."""
        for begin, end in ranges:
            self.send(begin, text[begin:end], **more)

    def half(self, text: bytes) -> int:
        """Sends the first four bytes, and returns once the receiver has them."""
        self.send(0, text[:4])
        if not self.wait_acknowledged(4):
            raise TimeoutError("the first half was not acknowledged")
        return 4

    def fill(self, size: int) -> int:
        """Dots from stream offset 0 on, at the receiver's pace."""
        for at in range(0, size, FILLER):
            end = min(at + FILLER, size)
            self.send(at, b"." * (end - at))
            if (at // FILLER % 8 == 7 or end == size) and not self.wait_acknowledged(end):
                raise TimeoutError("the filler was not acknowledged")
        return size

    def fill_window(self) -> int:
        """Dots until the receiver, who does not read, has no room for more; returns the offset behind them."""
        at, window = 0, 1
        while window > 0:
            end = at + min(1000, window)
            self.seen.clear()
            self.send(at, b"." * (end - at))
            answer = self.wait_for(lambda s: s.acknowledged == self.number_at(end))
            if answer is None:
                raise TimeoutError("the filler was not acknowledged")
            at, window = end, answer.window
        return at

    def number_at(self, offset: int) -> int:
        """The sequence number of a stream offset."""
        return self.first + 1 + offset & 0xFFFFFFFF

    def send_gso(self, offset: int, payload: bytes, size: int) -> None:
        """One packet that the kernel will cut into segments of `size` on the wire (virtio's GSO_TCPV4)."""
        packet, head = with_partial_checksum(self.at(offset, payload)), 20
        # NEEDS_CSUM, GSO_TCPV4, all headers, size of a segment, where the checksum begins and its place from there
        about = struct.pack("=BBHHHH", 1, 1, 14 + head + 20, size, 14 + head, 16)
        with self._topology.client.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            sock.setsockopt(263, PACKET_VNET_HDR, 1)  # SOL_PACKET
            sock.bind(("eth0", 0))
            sock.send(about + packets.ethernet(CLIENT_MAC, LAN_MAC, packet))

    def send_and_see(self, packet: bytes) -> None:
        """Sends a packet and waits until the receiver's host has got what follows its IP header."""
        with self._topology.server.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as watch:
            watch.settimeout(PATIENCE)
            self.send_packet(packet)
            deadline = time.monotonic() + PATIENCE
            while packet[20:] not in watch.recv(1 << 16):
                if time.monotonic() > deadline:
                    raise TimeoutError("the packet did not arrive")

    def speak_for_receiver(self, flags: int, offset: int, *, sequence: int | None = None) -> None:
        """A segment that claims to come from the receiver, and acknowledges all before `offset`."""
        tcp = packets.tcp(
            self.target, self.source, self.port, self.source_port,
            self.acknowledged if sequence is None else sequence, self.first + 1 + offset, flags,
        )
        self.send_packet(packets.ip(self.target, self.source, tcp))

    @staticmethod
    def pause(seconds: float = 0.25) -> None:
        time.sleep(seconds)


def with_partial_checksum(packet: bytes) -> bytes:
    """The IPv4 packet with the pseudo header's sum in the place of the TCP checksum."""
    pseudo = packet[12:20] + struct.pack("!BBH", 0, 6, len(packet) - 20)
    return packet[:36] + struct.pack("!H", ~packets.checksum(pseudo) & 0xFFFF) + packet[38:]


def only_to_port(sock: socket.socket, port: int) -> None:
    """Lets the kernel sort out the frames for other attackers: TCP to another port, without IP options."""
    accept, refuse = 0xFFFF, 0
    program = b"".join(
        struct.pack("HBBI", *line)
        for line in (
            (0x28, 0, 0, 12),  # the frame's type
            (0x15, 0, 2, 0x0800),
            (0x28, 0, 0, 14 + 20 + 2),
            (0x15, 3, 4, port),
            (0x15, 0, 3, 0x86DD),
            (0x28, 0, 0, 14 + 40 + 2),
            (0x15, 0, 1, port),
            (0x06, 0, 0, accept),
            (0x06, 0, 0, refuse),
        )
    )
    buffer = ctypes.create_string_buffer(program)
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(program) // 8, ctypes.addressof(buffer)))
