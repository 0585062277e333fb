# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds and reads the packets that the raw client sends and gets. No checks: lying packets are the purpose."""

import dataclasses
import ipaddress
import struct

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


def checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp(
    source: str,
    target: str,
    source_port: int,
    target_port: int,
    sequence: int,
    acknowledged: int,
    flags: int,
    payload: bytes = b"",
    *,
    options: bytes = b"",
    window: int = 65000,
    data_offset: int | None = None,
    reserved: int = 0,
    bad_checksum: bool = False,
    urgent: int = 0,
) -> bytes:
    """A TCP segment. `data_offset` in 32-bit words overrides the true one."""
    options += b"\x01" * (-len(options) % 4)
    words = data_offset if data_offset is not None else 5 + len(options) // 4
    head = struct.pack(
        "!HHIIBBHHH", source_port, target_port, sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF,
        (words & 15) << 4 | reserved, flags, window, 0, urgent,
    )
    segment = head + options + payload
    a, b = ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed
    if len(a) == 4:
        pseudo = a + b + struct.pack("!BBH", 0, 6, len(segment))
    else:
        pseudo = a + b + struct.pack("!IHBB", len(segment), 0, 0, 6)
    total = checksum(pseudo + segment) ^ (0x5555 if bad_checksum else 0)
    return segment[:16] + struct.pack("!H", total) + segment[18:]


def ip(source: str, target: str, payload: bytes, *, protocol: int = 6, length: int | None = None, ttl: int = 64,
       extensions: bytes = b"") -> bytes:
    """An IP packet of the addresses' version. `length` overrides the header's length field; `extensions` are raw
    IPv4 options, of whole words, or IPv6 extension headers whose last one names `protocol` itself, and whose first
    one has the type `protocol`."""
    a, b = ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed
    if len(a) == 4:
        total = 20 + len(extensions) + len(payload) if length is None else length
        first = 0x45 + len(extensions) // 4
        head = struct.pack("!BBHHHBBH4s4s", first, 0, total, 0, 0x4000, ttl, protocol, 0, a, b) + extensions
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload
    total = len(extensions) + len(payload) if length is None else length
    return struct.pack("!IHBB16s16s", 6 << 28, total, protocol, ttl, a, b) + extensions + payload


def ethernet(source: str, target: str, packet: bytes) -> bytes:
    kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    return bytes.fromhex(target.replace(":", "")) + bytes.fromhex(source.replace(":", "")) + struct.pack(
        "!H", kind
    ) + packet


@dataclasses.dataclass(frozen=True)
class Segment:
    """A TCP segment that was read."""

    source: str
    target: str
    source_port: int
    target_port: int
    sequence: int
    acknowledged: int
    flags: int
    window: int
    options: bytes
    payload: bytes


def parse_frame(frame: bytes) -> Segment | None:
    """The TCP segment in an Ethernet frame; None for anything else. IPv6 without extension headers."""
    packet = frame[14:]
    if len(packet) < 40:
        return None
    if packet[0] >> 4 == 4:
        header, total, protocol = (packet[0] & 15) * 4, struct.unpack("!H", packet[2:4])[0], packet[9]
        source, target = packet[12:16], packet[16:20]
    elif packet[0] >> 4 == 6:
        header, total, protocol = 40, 40 + struct.unpack("!H", packet[4:6])[0], packet[6]
        source, target = packet[8:24], packet[24:40]
    else:
        return None
    segment = packet[header:total]
    if protocol != 6 or len(segment) < 20:
        return None
    ports_and_numbers = struct.unpack("!HHII", segment[:12])
    offset = (segment[12] >> 4) * 4
    return Segment(
        str(ipaddress.ip_address(source)), str(ipaddress.ip_address(target)), *ports_and_numbers, segment[13],
        int.from_bytes(segment[14:16], "big"), segment[20:offset], segment[offset:],
    )


# A pcap file of raw IP packets (link type 101), for `nfsieve replay`.


def pcap(packets: list[tuple[float, bytes]]) -> bytes:
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)]
    for seconds, packet in packets:
        parts.append(struct.pack("<IIII", int(seconds), int(seconds % 1 * 1e6), len(packet), len(packet)) + packet)
    return b"".join(parts)
