# SPDX-License-Identifier: GPL-2.0-or-later
"""Below TCP: fragments, options, extension headers, lengths and tunnels."""

import struct

from harness import packets
from harness.packets import ACK, PSH

from .attacker import Attacker
from .entry import BLOCKED, MALFORMED, MALFORMED_DECOY, PATTERN, SECOND_DROPPED, Family, Outcome

FAMILY = Family(
    "ip",
    "Below TCP. The gateway's connection tracking puts IP fragments together before nfsieve sees them, and its kernel "
    "never forwards some of what is sent here.",
)
DISCARDED = Outcome("nothing of it is read: kernels drop such fragments, on the gateway already")
TUNNEL = Outcome("left alone: the shipped rules divert TCP only")
HOP_BY_HOP, ROUTING, FRAGMENT, TCP, AH, DESTINATION = 0, 43, 44, 6, 51, 60
PAD_6 = bytes([1, 4, 0, 0, 0, 0])
MORE = 0x2000


def header4(packet: bytes, *, options: bytes = b"", ident: int | None = None, fragment: int | None = None,
            tos: int = 0, length: int | None = None) -> bytes:
    """The IPv4 header of `packet` with some fields changed; the packet's length follows from `length`."""
    head = bytearray(packet[:20] + options)
    head[0] = 0x40 | len(head) // 4
    head[1] = tos
    head[2:4] = struct.pack("!H", len(packet) + len(options) if length is None else length)
    if ident is not None:
        head[4:6] = struct.pack("!H", ident)
    if fragment is not None:
        head[6:8] = struct.pack("!H", fragment)
    head[10:12] = b"\0\0"
    head[10:12] = struct.pack("!H", packets.checksum(bytes(head)))
    return bytes(head)


def fragments4(packet: bytes, cuts: list[int], ident: int) -> list[bytes]:
    """`packet` in fragments; cuts are offsets into what follows its header, multiples of 8."""
    body = packet[20:]
    parts = []
    for begin, end in zip([0, *cuts], [*cuts, len(body)]):
        flags = begin // 8 | (MORE if end < len(body) else 0)
        parts.append(header4(packet, ident=ident, fragment=flags, length=20 + end - begin) + body[begin:end])
    return parts


def chained6(packet: bytes, *extensions: tuple[int, bytes]) -> bytes:
    """The IPv6 packet with extension headers: each its type, and its bytes but for the first, which names the next."""
    types = [kind for kind, _ in extensions] + [packet[6]]
    chain = b"".join(bytes([following]) + rest for following, (_, rest) in zip(types[1:], extensions))
    length = struct.pack("!H", len(chain) + len(packet) - 40)
    return packet[:4] + length + bytes([types[0]]) + packet[7:40] + chain + packet[40:]


def fragments6(packet: bytes, cuts: list[int], ident: int) -> list[bytes]:
    body = packet[40:]
    parts = []
    for begin, end in zip([0, *cuts], [*cuts, len(body)]):
        where = struct.pack("!BHI", 0, begin | (end < len(body)), ident)
        parts.append(chained6(packet[:40] + body[begin:end], (FRAGMENT, where)))
    return parts


def padded(text: bytes) -> bytes:
    """Dots before the text, so that fragments can cut it."""
    return b"." * 8 + text


def send_all(a: Attacker, parts: list[bytes]) -> None:
    for part in parts:
        a.send_packet(part)


@FAMILY.evasion(BLOCKED)
def fragments_in_order(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Cuts the segment's packet into fragments, one of the cuts inside the pattern."""
    a.connect()
    send_all(a, fragments4(a.at(0, padded(text)), [24, 32], a.source_port))


@FAMILY.evasion(BLOCKED)
def fragments_reversed(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the fragments in reverse."""
    a.connect()
    send_all(a, fragments4(a.at(0, padded(text)), [24, 32], a.source_port)[::-1])


@FAMILY.evasion(BLOCKED)
def tiny_fragments(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Cuts every eight bytes, so that the TCP header is in three fragments (RFC 1858)."""
    a.connect()
    send_all(a, fragments4(a.at(0, padded(text)), [8, 16, 24, 32], a.source_port))


@FAMILY.evasion(BLOCKED)
def a_fragment_twice(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends one of the fragments twice."""
    a.connect()
    parts = fragments4(a.at(0, padded(text)), [24, 32], a.source_port)
    send_all(a, [parts[1], parts[1], parts[2], parts[0]])


@FAMILY.evasion(DISCARDED, linux=b"", no_twin="kernels drop packets whose fragments overlap (RFC 5722)")
def overlapping_fragments(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a fragment of the decoy that overlaps those of the pattern."""
    a.connect()
    true = fragments4(a.at(0, padded(text)), [24, 32], a.source_port)
    false = fragments4(a.at(0, padded(decoy)), [16], a.source_port)
    send_all(a, [true[0], false[1], true[1], true[2]])


@FAMILY.evasion(BLOCKED)
def decoy_in_fragments_that_never_end(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends fragments of a decoy without the last one, and the pattern in a packet of its own."""
    a.connect()
    send_all(a, fragments4(a.at(0, padded(decoy)), [24, 32], a.source_port)[:-1])
    a.send(0, padded(text))


@FAMILY.evasion(BLOCKED)
def ip_options(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Puts options into the IP header: record route, router alert, no operation."""
    a.connect()
    for options, (begin, end) in (
        (b"\x07\x07\x04\0\0\0\0\0", (6, 11)), (b"\x94\x04\0\0", (3, 6)), (b"\x01\x01\x01\0", (0, 3)),
    ):
        packet = a.at(begin, text[begin:end])
        a.send_packet(header4(packet, options=options) + packet[20:])


@FAMILY.evasion(BLOCKED)
def type_of_service_and_ttl_vary(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Changes DSCP, ECN bits, identification and TTL from piece to piece."""
    a.connect()
    for at in reversed(range(len(text))):
        packet = a.at(at, text[at : at + 1], ttl=64 + 17 * at)
        a.send_packet(header4(packet, tos=(at * 23) & 0xFF, ident=at * 999) + packet[20:])


@FAMILY.evasion(BLOCKED)
def frame_longer_than_the_packet(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends frames that go on behind the IP packet with decoy bytes."""
    a.connect()
    for begin, end in ((0, 4), (4, 11)):
        a.send_packet(a.at(begin, text[begin:end]) + decoy)


@FAMILY.evasion(BLOCKED, version=6)
def frame_longer_than_the_packet_over_ipv6(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends frames that go on behind the IPv6 packet with the rest of a decoy."""
    a.connect()
    for begin, end in ((4, 11), (0, 4)):
        a.send_packet(a.at(begin, text[begin:end]) + decoy[end:] + decoy)


@FAMILY.evasion(BLOCKED)
def reserved_flag(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sets the reserved flag of the IP header (RFC 3514)."""
    a.connect()
    for begin, end in ((4, 11), (0, 4)):
        packet = a.at(begin, text[begin:end])
        a.send_packet(header4(packet, fragment=0xC000) + packet[20:])


@FAMILY.evasion(TUNNEL, linux=b"", no_twin="nobody ends the tunnel here")
def ip_in_ip(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Wraps the pattern's packet into another one (protocol 4) for a host that is no end of a tunnel."""
    a.connect()
    a.send_and_see(packets.ip(a.source, a.target, a.at(0, text), protocol=4))


@FAMILY.evasion(TUNNEL, linux=b"", no_twin="nobody ends the tunnel here")
def generic_routing_encapsulation(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Wraps the pattern's packet into GRE for a host that is no end of a tunnel."""
    a.connect()
    a.send_and_see(packets.ip(a.source, a.target, b"\0\0\x08\0" + a.at(0, text), protocol=47))


@FAMILY.evasion(BLOCKED, version=6)
def fragments_in_order_over_ipv6(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Cuts the segment's packet into IPv6 fragments."""
    a.connect()
    send_all(a, fragments6(a.at(0, padded(text)), [24, 32], a.source_port))


@FAMILY.evasion(BLOCKED, version=6)
def fragments_reversed_over_ipv6(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the IPv6 fragments in reverse."""
    a.connect()
    send_all(a, fragments6(a.at(0, padded(text)), [24, 32], a.source_port)[::-1])


@FAMILY.evasion(DISCARDED, linux=b"", version=6, no_twin="kernels drop such first fragments (RFC 7112)")
def tiny_fragments_over_ipv6(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Cuts the TCP header too, which has to be in the first IPv6 fragment."""
    a.connect()
    send_all(a, fragments6(a.at(0, padded(text)), [8, 16, 24, 32], a.source_port))


@FAMILY.evasion(DISCARDED, linux=b"", version=6, no_twin="kernels drop packets whose fragments overlap (RFC 5722)")
def overlapping_fragments_over_ipv6(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends an IPv6 fragment of the decoy that overlaps those of the pattern."""
    a.connect()
    true = fragments6(a.at(0, padded(text)), [24, 32], a.source_port)
    false = fragments6(a.at(0, padded(decoy)), [16], a.source_port)
    send_all(a, [true[0], false[1], true[1], true[2]])


@FAMILY.evasion(BLOCKED, version=6)
def atomic_fragment(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Puts a fragment header on a packet that is whole (RFC 6946)."""
    a.connect()
    for begin, end in ((6, 11), (0, 6)):
        send_all(a, fragments6(a.at(begin, text[begin:end]), [], a.source_port))


@FAMILY.evasion(BLOCKED, version=6)
def destination_options(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Puts destination options, twice, before the TCP header."""
    a.connect()
    for begin, end in ((6, 11), (0, 6)):
        padding = (DESTINATION, b"\0" + PAD_6)
        a.send_packet(chained6(a.at(begin, text[begin:end]), padding, padding))


@FAMILY.evasion(BLOCKED, version=6)
def hop_by_hop_options(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Puts hop-by-hop options before the TCP header."""
    a.connect()
    for begin, end in ((6, 11), (0, 6)):
        a.send_packet(chained6(a.at(begin, text[begin:end]), (HOP_BY_HOP, b"\0" + PAD_6)))


@FAMILY.evasion(SECOND_DROPPED, version=6)
def options_that_the_receiver_must_refuse(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy behind an unknown destination option whose type says: discard (RFC 8200 section 4.2)."""
    a.connect()
    a.half(text)
    a.send_packet(chained6(a.at(4, decoy[4:]), (DESTINATION, b"\0" + b"\x9e\x04\0\0\0\0")))
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED, version=6)
def authentication_header(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy behind an authentication header, for which the receiver has no key."""
    a.connect()
    a.half(text)
    a.send_packet(chained6(a.at(4, decoy[4:]), (AH, b"\x04" + bytes(2) + b"\0\0\1\0" + bytes(16))))
    a.send(4, text[4:])


@FAMILY.evasion(MALFORMED_DECOY, version=6)
def routing_header(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy behind a routing header with segments left, which the receiver refuses."""
    a.connect()
    a.half(text)
    a.send_packet(chained6(a.at(4, decoy[4:]), (ROUTING, b"\x02\0\x01" + bytes(20))))
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED, version=6)
def routing_header_at_its_end(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Puts a routing header without segments left before the TCP header."""
    a.connect()
    for begin, end in ((6, 11), (0, 6)):
        a.send_packet(chained6(a.at(begin, text[begin:end]), (ROUTING, b"\x02\xfd\0" + bytes(20))))


@FAMILY.evasion(BLOCKED, version=6)
def long_chain_of_extension_headers(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Hides the TCP header behind seven extension headers."""
    a.connect()
    for begin, end in ((6, 11), (0, 6)):
        a.send_packet(chained6(a.at(begin, text[begin:end]), *[(DESTINATION, b"\0" + PAD_6)] * 7))
