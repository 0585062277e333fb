# SPDX-License-Identifier: GPL-2.0-or-later
"""The pattern in pieces: all that is sent agrees, only the cuts, the order and the headers are unusual."""

import struct

from harness.packets import ACK, FIN, PSH, SYN

from .attacker import CWR, ECE, MSS, Attacker
from .entry import BLOCKED, Family

FAMILY = Family("segmentation", "The pattern in pieces. Nothing that is sent disagrees; cuts, order and headers vary.")
NOP = b"\x01"


def bytewise(text: bytes) -> list[tuple[int, int]]:
    return [(at, at + 1) for at in range(len(text))]


def timestamps(value: int, echo: int = 0) -> bytes:
    return NOP * 2 + b"\x08\x0a" + value.to_bytes(4, "big") + echo.to_bytes(4, "big")


@FAMILY.evasion(BLOCKED)
def whole_in_one_segment(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the pattern as it is: the measure for all that follows."""
    a.connect()
    a.send(0, text)


@FAMILY.evasion(BLOCKED)
def one_byte_segments(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends every byte in a segment of its own, in order."""
    a.connect()
    a.pieces(text, bytewise(text))


@FAMILY.evasion(BLOCKED)
def one_byte_segments_reversed(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends every byte in a segment of its own, the last one first."""
    a.connect()
    a.pieces(text, reversed(bytewise(text)))


@FAMILY.evasion(BLOCKED)
def even_bytes_then_odd(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends every other byte, then those between, from the last to the first."""
    a.connect()
    a.pieces(text, bytewise(text)[1::2])
    a.pieces(text, reversed(bytewise(text)[::2]))


@FAMILY.evasion(BLOCKED)
def middle_last(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the beginning, the end, and then the middle."""
    a.connect()
    a.pieces(text, [(0, 4), (7, 11), (4, 7)])


@FAMILY.evasion(BLOCKED)
def six_hundred_segments_ahead(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends 600 one-byte segments behind a gap, and then the pattern that fills it."""
    a.connect()
    for at in range(600):
        a.send(len(text) + at, b".")
    a.send(0, text)


@FAMILY.evasion(BLOCKED)
def pattern_far_ahead(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the pattern 30,000 bytes ahead, and what precedes it afterwards."""
    a.connect()
    a.send(30_000, text)
    for at in range(0, 30_000, 1000):
        a.send(at, b"." * 1000)


@FAMILY.evasion(BLOCKED)
def pattern_late_in_the_stream(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends 200,000 bytes of something else first."""
    a.connect()
    end = a.fill(200_000)
    a.send(end, text[:5])
    a.send(end + 5, text[5:])


@FAMILY.evasion(BLOCKED)
def every_segment_three_times(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends each piece three times over."""
    a.connect()
    for piece in ((0, 3), (3, 6), (6, 9), (9, 11)):
        a.pieces(text, [piece] * 3)


@FAMILY.evasion(BLOCKED)
def growing_prefixes(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the first byte, the first two, the first three, and so on."""
    a.connect()
    a.pieces(text, [(0, end) for end in range(1, len(text) + 1)])


@FAMILY.evasion(BLOCKED)
def growing_suffixes(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the last byte, the last two, the last three, and so on."""
    a.connect()
    a.pieces(text, [(begin, len(text)) for begin in reversed(range(len(text)))])


@FAMILY.evasion(BLOCKED)
def without_push(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends all pieces without PSH."""
    a.connect()
    a.pieces(text, bytewise(text), flags=ACK)


@FAMILY.evasion(BLOCKED)
def ecn_negotiated(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Negotiates ECN in the handshake, then sets CWR and ECE on the pieces in turn."""
    a.greet(SYN | ECE | CWR)
    a.send(0, b"", flags=ACK)
    for at, flags in ((0, 0), (3, CWR), (6, ECE), (9, CWR | ECE)):
        a.send(at, text[at : at + 3], flags=ACK | PSH | flags)


@FAMILY.evasion(BLOCKED)
def on_the_ack_of_the_handshake(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the pattern with the handshake's last ACK."""
    a.greet()
    a.send(0, text)


@FAMILY.evasion(BLOCKED)
def last_ack_out_of_order(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Completes the handshake with a segment that lies behind a gap, and fills the gap then."""
    a.greet()
    a.send(4, text[4:])
    a.send(0, text[:4])


@FAMILY.evasion(BLOCKED)
def across_the_wrap_of_sequence_numbers(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Begins six bytes before the sequence number wraps to zero, and sends the pattern's end first."""
    a.first = 0xFFFFFFF9
    a.connect()
    a.pieces(text, [(8, 11), (4, 8), (0, 4)])


@FAMILY.evasion(BLOCKED)
def halves_with_a_pause(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Waits between two halves until the first one is read."""
    a.connect()
    a.half(text)
    a.pause()
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED)
def keep_alives_between(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends keep-alives of both kinds between the halves; one carries a byte that was acknowledged, changed."""
    a.connect()
    a.half(text)
    a.send(3, b"", flags=ACK)
    a.send(3, decoy[3:4], flags=ACK)
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED)
def empty_segments_between(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends an empty segment before each byte, some of them ahead of the stream."""
    a.connect()
    for at in range(len(text)):
        a.send(at + at % 3, b"", flags=ACK)
        a.send(at, text[at : at + 1])


@FAMILY.evasion(BLOCKED)
def with_timestamps(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Negotiates timestamps; one of the pieces has none all the same."""
    a.greet(options=MSS + timestamps(1000))
    a.send(0, b"", flags=ACK, options=timestamps(1001))
    a.send(0, text[:4], options=timestamps(1002))
    a.send(4, text[4:8])
    a.send(8, text[8:], options=timestamps(1003))


@FAMILY.evasion(BLOCKED)
def with_sack_blocks(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Negotiates SACK and puts blocks, of bytes that nobody sent, on its own segments."""
    a.connect(MSS + NOP * 2 + b"\x04\x02")
    for at in (8, 4, 0):
        edges = struct.pack("!II", a.acknowledged + 100 & 0xFFFFFFFF, a.acknowledged + 200 & 0xFFFFFFFF)
        blocks = NOP * 2 + b"\x05\x0a" + edges
        a.send(at, text[at : at + 4], options=blocks)


@FAMILY.evasion(BLOCKED)
def with_unknown_options(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Puts options on the segments that nobody knows, and fills the option space to its end."""
    a.connect()
    a.send(0, text[:4], options=b"\xfd\x04\x12\x34")
    a.send(4, text[4:], options=b"\x47\x28" + b"\xee" * 38)


@FAMILY.evasion(BLOCKED)
def with_window_scale_and_no_window(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Negotiates the largest window scale and announces a window of zero with the pattern."""
    a.connect(MSS + NOP + b"\x03\x03\x0e")
    a.send(0, text[:6], window=0)
    a.send(6, text[6:], window=0)


@FAMILY.evasion(BLOCKED)
def reserved_bits_set(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sets the reserved bits of the TCP header, which receivers ignore."""
    a.connect()
    for begin, end in ((0, 6), (6, 11)):
        a.send(begin, text[begin:end], reserved=0xF)


@FAMILY.evasion(BLOCKED)
def with_fin(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the end of the pattern with FIN."""
    a.connect()
    a.send(0, text[:6])
    a.send(6, text[6:], flags=FIN | PSH | ACK)


@FAMILY.evasion(BLOCKED)
def fin_first(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the FIN first, at its true place, and then all that precedes it in reverse."""
    a.connect()
    a.send(len(text), b"", flags=FIN | ACK)
    a.pieces(text, [(6, 11), (0, 6)])


@FAMILY.evasion(BLOCKED, receiver="caller")
def receiver_has_closed_its_side(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Goes on sending to a receiver that has sent its FIN and only reads."""
    a.answer_call()
    a.receiver.say_no_more()
    a.hear_fin()
    a.pieces(text, [(6, 11), (0, 6)])


@FAMILY.evasion(BLOCKED)
def across_gso_segments(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends two packets of many segments each (GSO) whose border cuts the pattern."""
    a.connect()
    a.send_gso(0, b"." * 20_000 + text[:5], 1000)
    a.send_gso(20_005, text[5:] + b"." * 20_000, 1000)


@FAMILY.evasion(BLOCKED)
def across_segments_of_one_gso_packet(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends one packet of many segments (GSO) whose cut on the wire lies in the pattern."""
    a.connect()
    a.send_gso(0, b"." * 9_995 + text + b"." * 9_000, 1000)


@FAMILY.evasion(BLOCKED, version=6)
def one_byte_segments_reversed_over_ipv6(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends every byte in a segment of its own over IPv6, the last one first."""
    a.connect()
    a.pieces(text, reversed(bytewise(text)))
