# SPDX-License-Identifier: GPL-2.0-or-later
"""Decoys: segments that an inspector may believe in and the receiver does not take."""

from harness.packets import ACK, FIN, PSH, RST, SYN, URG

from .attacker import MSS, Attacker, with_partial_checksum
from .entry import (
    AFTER_FIN, BAD_CHECKSUM, BLOCKED, MALFORMED, MALFORMED_DECOY, NO_ACK, SECOND_DROPPED, Family, Outcome,
)
from .segmentation import NOP, timestamps

FAMILY = Family(
    "insertion",
    "Decoys that the receiver does not take, so that an inspector who believes in them loses the stream. What was let "
    "through counts, taken or not: the bytes that follow it must be the same.",
)
FAR = 900_000_000
UNVERIFIABLE = Outcome("dropped: the first version is not remembered any more (`unverifiable`)", "unverifiable")
LITTLE_MEMORY = {"memory": {"held_per_flow": "64K"}}
GAP = Outcome("acknowledges what was never sent: that segment is dropped (`gap`), and what follows is judged", "gap")


def around(a: Attacker, text: bytes, decoy: bytes, flags: int = ACK | PSH, **how) -> None:
    """The first half, a decoy of the second one, sent in the way `how` says, and the second half."""
    a.half(text)
    a.send(4, decoy[4:], flags, **how)
    a.send(4, text[4:])


@FAMILY.evasion(BAD_CHECKSUM)
def wrong_tcp_checksum(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy whose TCP checksum is wrong."""
    a.connect()
    around(a, text, decoy, bad_checksum=True)


@FAMILY.evasion(BAD_CHECKSUM)
def wrong_tcp_checksum_out_of_order(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy whose TCP checksum is wrong behind a gap, then everything else in reverse."""
    a.connect()
    a.send(6, decoy[6:], bad_checksum=True)
    a.pieces(text, [(6, 11), (3, 6), (0, 3)])


@FAMILY.evasion(BAD_CHECKSUM)
def checksum_of_the_pseudo_header_only(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy with the checksum that a local sender leaves to its network card to complete."""
    a.connect()
    a.half(text)
    a.send_packet(with_partial_checksum(a.at(4, decoy[4:])))
    a.send(4, text[4:])


@FAMILY.evasion(BAD_CHECKSUM)
def fin_with_a_wrong_checksum(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Ends the stream with a FIN whose checksum is wrong, and goes on."""
    a.connect()
    around(a, text, b"", FIN | ACK, bad_checksum=True)


@FAMILY.evasion(BAD_CHECKSUM)
def reset_with_a_wrong_checksum(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Resets the connection with a segment whose checksum is wrong, and goes on."""
    a.connect()
    around(a, text, b"", RST | ACK, bad_checksum=True)


@FAMILY.evasion(BLOCKED)
def wrong_ip_checksum(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy whose IP header checksum is wrong; no router forwards it."""
    a.connect()
    a.half(text)
    packet = bytearray(a.at(4, decoy[4:]))
    packet[10] ^= 0x55
    a.send_packet(bytes(packet))
    a.send(4, text[4:])


@FAMILY.evasion(SECOND_DROPPED)
def low_ttl(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy whose TTL ends between the gateway and the receiver."""
    a.connect()
    around(a, text, decoy, ttl=2)


@FAMILY.evasion(SECOND_DROPPED, version=6)
def low_hop_limit(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy whose IPv6 hop limit ends between the gateway and the receiver."""
    a.connect()
    around(a, text, decoy, ttl=2)


@FAMILY.evasion(SECOND_DROPPED, no_twin=AFTER_FIN)
def fin_with_a_low_ttl(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Ends the stream with a FIN that the receiver never gets, and goes on."""
    a.connect()
    around(a, text, b"", FIN | ACK, ttl=2)


@FAMILY.evasion(BLOCKED)
def reset_with_a_low_ttl(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Resets the connection with a segment that the receiver never gets, and goes on."""
    a.connect()
    around(a, text, b"", RST | ACK, ttl=2)


@FAMILY.evasion(SECOND_DROPPED)
def old_acknowledgment(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy, one byte ahead, that acknowledges a number from long ago."""
    # Only ahead: Linux does not look at the number of data that its header prediction has foreseen.
    a.connect()
    a.half(text)
    a.send(5, decoy[5:], acknowledged=a.acknowledged - 100_000)
    a.send(4, text[4:])


@FAMILY.evasion(GAP, no_twin="what acknowledges bytes that were never sent is no harmless stream")
def acknowledgment_of_unsent_bytes(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy that acknowledges bytes which the receiver has not sent yet."""
    a.connect()
    around(a, text, decoy, acknowledged=a.acknowledged + 1000)


@FAMILY.evasion(NO_ACK)
def no_ack_flag(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy without the ACK flag."""
    a.connect()
    around(a, text, decoy, PSH)


@FAMILY.evasion(NO_ACK)
def no_flag_at_all(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy without any flag."""
    a.connect()
    around(a, text, decoy, 0)


@FAMILY.evasion(BLOCKED)
def all_flags_at_once(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy with SYN, FIN, RST, PSH, ACK and URG, one byte ahead, so that the reset is not obeyed."""
    a.connect()
    a.half(text)
    a.send(5, decoy[5:], SYN | FIN | RST | PSH | ACK | URG)
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED)
def fin_outside_the_window(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a FIN far outside the window, and goes on."""
    a.connect()
    a.half(text)
    a.send(FAR, b"", FIN | ACK)
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED)
def reset_outside_the_window(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a reset far outside the window, and goes on."""
    a.connect()
    a.half(text)
    a.send(FAR, b"", RST | ACK)
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED)
def reset_in_the_window_but_not_exact(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a reset inside the window that does not hit the next byte: a receiver asks back (RFC 5961)."""
    a.connect()
    a.half(text)
    a.send(104, b"", RST | ACK)
    a.send(104, b"", RST)
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED)
def reset_with_data(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy in a reset that is not obeyed."""
    a.connect()
    a.half(text)
    a.send(5, decoy[5:], RST | ACK)
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED)
def syn_in_the_stream(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a SYN with another number in the middle of the pattern: a receiver asks back (RFC 5961)."""
    a.connect()
    a.half(text)
    a.send_packet(a.segment(a.first + 5000, SYN, options=MSS))
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED)
def syn_ack_in_the_stream(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a SYN|ACK in the middle of the pattern, as if the receiver had asked for it."""
    a.connect()
    a.half(text)
    a.send_packet(a.segment(a.first + 5000, SYN | ACK, options=MSS))
    a.send(4, text[4:])


@FAMILY.evasion(MALFORMED_DECOY)
def data_offset_past_the_end(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy whose data offset of 15 points behind its end."""
    a.connect()
    around(a, text, decoy, data_offset=15)


@FAMILY.evasion(MALFORMED_DECOY)
def data_offset_below_the_header(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy whose data offset of 4 points into the header."""
    a.connect()
    around(a, text, decoy, data_offset=4)


@FAMILY.evasion(MALFORMED, no_twin="options that lie about their length are dropped")
def options_that_lie(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the second half with an option that is longer than the header; Linux reads it all the same."""
    a.connect()
    a.half(text)
    a.send(4, text[4:], options=b"\xfd\x28\x01\x01")


@FAMILY.evasion(BLOCKED)
def text_taken_for_options(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a segment whose data offset counts the decoy as options; the pattern goes on behind it."""
    a.connect()
    a.half(text)
    a.send(4, NOP * 4 + text[4:], data_offset=6)


@FAMILY.evasion(BLOCKED)
def outside_the_window(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy further ahead than the receiver's window, and the pattern once the window reaches there."""
    a.connect()
    a.send(70_000, decoy)
    a.send(a.fill(70_000), text)


# No event is asked for: on a busy machine the window may open before the probe comes, and then the decoy is what is read.
@FAMILY.evasion(Outcome(SECOND_DROPPED.says), receiver="late reader")
def probe_of_a_closed_window(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Fills the receiver's window and sends decoy bytes as a window probe; then lets it read, and sends the pattern."""
    a.connect()
    at = a.fill_window()
    a.send(at, decoy[:4])  # one: the answer to it may open the window
    a.seen.clear()
    a.receiver.read()
    if a.wait_for(lambda s: s.window > 0 and s.acknowledged == a.number_at(at)) is None:
        raise TimeoutError("the window does not open")
    a.send(at, text)


@FAMILY.evasion(SECOND_DROPPED)
def timestamp_from_the_past(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Negotiates timestamps and sends a decoy with one that is too old (PAWS, RFC 7323)."""
    a.greet(options=MSS + timestamps(100_000))
    a.send(0, b"", ACK, options=timestamps(100_001))
    a.options = timestamps(100_002)
    a.half(text)
    a.options = b""
    a.send(4, decoy[4:], options=timestamps(5))
    a.send(4, text[4:], options=timestamps(100_003))


@FAMILY.evasion(SECOND_DROPPED)
def md5_signature_nobody_asked_for(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy with an MD5 signature (RFC 2385) to a receiver that has no key."""
    a.connect()
    around(a, text, decoy, options=NOP * 2 + b"\x13\x12" + b"\x5a" * 16)


@FAMILY.evasion(BLOCKED)
def bytes_that_were_acknowledged(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Repeats the acknowledged first half with other bytes."""
    a.connect()
    a.half(text)
    a.send(0, decoy[:4])
    a.send(4, text[4:])


@FAMILY.evasion(SECOND_DROPPED, linux=b"EVIL", no_twin=AFTER_FIN)
def data_after_fin(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the first half with a FIN, and the second one behind it."""
    a.connect()
    a.send(0, text[:4], FIN | PSH | ACK)
    a.send(5, text[4:])
    a.send(4, text[4:])


def lost_and_sent_again(a: Attacker, text: bytes, decoy: bytes, size: int) -> None:
    """More than may be remembered, a decoy at its end, which does not arrive; then the same, cut into segments of
    `size`, with the text."""
    a.connect()
    lost, sent = b"." * 63_000 + decoy, b"." * 63_000 + text
    for at in range(0, len(lost), 1000):
        a.send(at, lost[at : at + 1000], ttl=2)
    for at in range(0, len(sent), size):
        a.send(at, sent[at : at + size])


@FAMILY.evasion(SECOND_DROPPED, configuration=LITTLE_MEMORY)
def more_than_can_be_remembered(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends more than nfsieve may remember of a connection, a decoy at its end, none of which reaches the receiver, and
    sends all of it again with the pattern."""
    lost_and_sent_again(a, text, decoy, 1000)


@FAMILY.evasion(UNVERIFIABLE, configuration=LITTLE_MEMORY,
                no_twin="a retransmission that cannot be compared any more is dropped")
def more_than_can_be_remembered_cut_otherwise(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends more than nfsieve may remember of a connection, none of which reaches the receiver, and all of it again
    with the pattern, in segments of another size."""
    lost_and_sent_again(a, text, decoy, 700)


@FAMILY.evasion(SECOND_DROPPED)
def acknowledged_in_the_receivers_name(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy whose TTL ends before the receiver, acknowledges it in the receiver's name from its own side of
    the gateway, and sends the pattern over it."""
    a.connect()
    a.half(text)
    a.send(4, decoy[4:], ttl=2)
    a.speak_for_receiver(ACK, 11)
    a.send(4, text[4:])
