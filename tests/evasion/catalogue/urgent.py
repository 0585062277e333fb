# SPDX-License-Identifier: GPL-2.0-or-later
"""Urgent data: a byte that Linux takes out of the stream, wherever it has been told that it stands."""

from harness.packets import ACK, FIN, PSH, SYN, URG
from harness.traffic import wait_until

from .attacker import MSS, PATIENCE, Attacker
from .entry import BAD_CHECKSUM, BLOCKED, Family, Outcome

FAMILY = Family(
    "urgent",
    "Linux takes the urgent byte out of the stream that an application reads (unless it asked for SO_OOBINLINE): "
    "`EVIL!PATTERN` becomes the pattern. Nobody can know which of the two is read.",
)
URGENT = Outcome("dropped (`urgent`)", "urgent")
NO_TWIN = "urgent data is dropped by default"
BOTH = ACK | PSH | URG


def marked(text: bytes, at: int = 4) -> bytes:
    return text[:at] + b"!" + text[at:]


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_byte_inside(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Puts an urgent byte into the middle of the pattern."""
    a.connect()
    a.send(0, marked(text), BOTH, urgent=5)


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_byte_first(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Cuts the pattern in two and makes the second segment's first byte urgent."""
    a.connect()
    a.half(text)
    a.send(4, b"!" + text[4:], BOTH, urgent=1)


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_byte_last(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Makes the first segment's last byte urgent, and goes on in the next one."""
    a.connect()
    a.send(0, text[:4] + b"!", BOTH, urgent=5)
    a.send(5, text[4:])


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_pointer_of_zero(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sets URG with a pointer of zero, which Linux takes for the segment's first byte."""
    a.connect()
    a.half(text)
    a.send(4, b"!" + text[4:], BOTH, urgent=0)


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_pointer_beyond_the_segment(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Points from the first segment to a byte that comes in a later one, which has no URG."""
    a.connect()
    a.send(0, text[:3], BOTH, urgent=5)
    a.send(3, marked(text)[3:])


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_pointer_on_an_empty_segment(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Announces the urgent byte on a segment without payload, and then sends ordinary ones."""
    a.connect()
    a.send(0, b"", ACK | URG, urgent=5)
    a.send(0, marked(text))


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_pointer_on_the_ack_of_the_handshake(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Announces the urgent byte on the handshake's last ACK."""
    a.greet()
    a.send(0, b"", ACK | URG, urgent=5)
    a.send(0, marked(text))


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_data_on_the_ack_of_the_handshake(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the pattern with an urgent byte on the handshake's last ACK."""
    a.greet()
    a.send(0, marked(text), BOTH, urgent=5)


@FAMILY.evasion(URGENT, receiver="caller", no_twin=NO_TWIN)
def urgent_pointer_on_the_syn_ack(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Answers a client with a SYN|ACK that announces an urgent byte."""
    a.be_called()
    a.send_packet(a.segment(a.first, SYN | ACK | URG, options=MSS, urgent=6))
    a.pause(0.05)
    a.send(0, marked(text))


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_out_of_order(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the segment with the urgent byte behind a gap, and fills the gap then."""
    a.connect()
    a.send(3, marked(text)[3:], BOTH, urgent=2)
    a.send(0, text[:3])


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_with_fin(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the pattern with an urgent byte and FIN."""
    a.connect()
    a.send(0, marked(text), BOTH | FIN, urgent=5)


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def two_urgent_bytes(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Announces an urgent byte, and another one once the application has read as far as the first."""
    a.connect()
    a.send(0, text[:2] + b"!", BOTH, urgent=3)
    if a.wait_acknowledged(3, 2):
        wait_until(lambda: a.receiver.received(a.source_port) == text[:2], PATIENCE)
    a.send(3, text[2:4] + b"!" + text[4:], BOTH, urgent=3)


@FAMILY.evasion(URGENT, no_twin=NO_TWIN)
def urgent_retransmission(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the marked pattern behind a gap without URG, then the gap's filler with a pointer into it."""
    a.connect()
    a.send(1, marked(text)[1:])
    a.send(0, text[:1], BOTH, urgent=5)


@FAMILY.evasion(URGENT, version=6, no_twin=NO_TWIN)
def urgent_byte_inside_over_ipv6(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Puts an urgent byte into the middle of the pattern over IPv6."""
    a.connect()
    a.send(0, marked(text), BOTH, urgent=5)


@FAMILY.evasion(BLOCKED)
def pointer_without_the_flag(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sets the pointer but not URG, so that it means nothing."""
    a.connect()
    a.send(0, text[:6], urgent=3)
    a.send(6, text[6:], urgent=0xFFFF)


@FAMILY.evasion(BAD_CHECKSUM)
def urgent_decoy(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Announces an urgent byte of the pattern on a segment whose checksum is wrong."""
    a.connect()
    a.send(0, text[:4], BOTH, urgent=3, bad_checksum=True)
    a.send(0, text)
