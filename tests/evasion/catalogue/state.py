# SPDX-License-Identifier: GPL-2.0-or-later
"""How connections begin, end, pause and come back, and who may be fooled about that."""

from harness.packets import ACK, FIN, PSH, RST, SYN

from .attacker import MSS, Attacker
from .entry import AFTER_FIN, BLOCKED, NO_ACK, PATTERN, SECOND_DROPPED, Family, Outcome

FAMILY = Family(
    "state",
    "Beginnings, ends and pauses of connections, whose state an inspector may lose or confuse. In some the attacker is "
    "the server, and the receiver a client that has connected to it.",
)
FAST_OPEN = Outcome("data with SYN is dropped (`fast_open`)", "fast_open")
FAST_OPEN_BLOCKED = Outcome("data with SYN is dropped (`fast_open`); then blocked", "fast_open", "alert")
ONE_WAY_BLOCKED = Outcome(
    "dropped while the handshake is not over (`one_way`); then blocked at the segment that completes the pattern",
    "one_way", "alert",
)
MIDSTREAM = Outcome("picked up where it is (`midstream`), and blocked", "midstream", "alert")
EXPIRED = Outcome("dropped: it comes back after its state expired (`expired`)", counter="cause_expired")
TRUSTED = {"id": "trusted", "action": "accept", "match": {"payload": {"starts_with": "TRUSTED"}}}
FORGOTTEN = "a connection whose state has expired is not judged any more"  # no twin


@FAMILY.evasion(FAST_OPEN_BLOCKED)
def decoy_with_the_syn(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy with the SYN to a server without Fast Open, which ignores it, and the pattern afterwards."""
    a.send_packet(a.segment(a.first, SYN, decoy, options=MSS))
    a.pause(0.05)
    a.connect()
    a.send(0, text)


@FAMILY.evasion(FAST_OPEN, receiver="fast open", no_twin="data with SYN is dropped by default")
def pattern_with_the_syn(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the pattern with the SYN to a server that takes such data (TCP Fast Open)."""
    a.send_packet(a.segment(a.first, SYN, text, options=MSS))
    a.pause(0.05)


@FAMILY.evasion(BLOCKED, receiver="fast open")
def half_with_the_syn(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the first half with the SYN to a server that takes such data, and the whole again afterwards."""
    a.send_packet(a.segment(a.first, SYN, text[:4], options=MSS))
    a.pause(0.05)
    a.send_packet(a.segment(a.first, SYN, options=MSS))
    a.hear_answer(4)
    a.send(0, text)


@FAMILY.evasion(BLOCKED)
def syn_twice_with_different_numbers(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a second SYN with another number before the handshake is over; the server stays with the first."""
    a.greet()
    a.send_packet(a.segment(a.first + 70_000, SYN, options=MSS))
    a.pause(0.05)
    a.send(0, b"", ACK)
    a.send(0, text)


@FAMILY.evasion(BLOCKED)
def syn_that_never_arrives(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a SYN with another number whose TTL ends before the server, and then the true one."""
    a.send_packet(a.segment(a.first + 70_000, SYN, options=MSS, ttl=2))
    a.connect()
    a.send(0, text)


@FAMILY.evasion(BLOCKED)
def syn_with_fin(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a SYN with FIN and another number, which the server ignores, and then the true one."""
    a.send_packet(a.segment(a.first + 70_000, SYN | FIN, options=MSS))
    a.pause(0.05)
    a.connect()
    a.send(0, text)


@FAMILY.evasion(BLOCKED)
def decoy_before_the_syn(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy of a connection that does not exist yet, and then connects on the same ports."""
    a.send(0, decoy)
    a.pause(0.05)
    a.connect()
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(NO_ACK)
def decoy_before_the_handshake_is_over(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Answers the SYN|ACK with a decoy that has no ACK flag: the server ignores it."""
    a.greet()
    a.send(0, decoy, PSH)
    a.send(0, b"", ACK)
    a.send(0, text)


@FAMILY.evasion(ONE_WAY_BLOCKED)
def wrong_ack_of_the_handshake(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Completes the handshake with a wrong number and a decoy, which the server refuses, and then truly."""
    a.greet()
    a.send(0, decoy, acknowledged=a.acknowledged + 77)
    a.pause(0.05)
    a.send(0, b"", ACK)
    a.send(0, text)


@FAMILY.evasion(BLOCKED)
def ports_used_again_after_fin(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Closes a connection and opens another on the same ports, with a lower sequence number."""
    a.connect()
    a.send(0, b".....", FIN | PSH | ACK)
    a.hear_fin()
    a.send(6, b"", ACK)
    again(a, a.first - 1_000_000)
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(BLOCKED)
def ports_used_again_after_a_reset(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Resets a connection in the middle of the pattern, and opens another on the same ports for the whole."""
    a.connect()
    a.half(b"....")
    a.send(4, b"", RST | ACK)
    again(a, a.first + 2)
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(BLOCKED, linux=b"TRUSTED!...." + PATTERN, configuration={}, rules=(TRUSTED,))
def ports_used_again_after_an_accepted_connection(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Has a connection accepted by a rule, so that the kernel forwards the rest of it by itself, resets it, and opens
    another on the same ports."""
    a.connect()
    a.send(0, b"TRUSTED!")
    a.wait_acknowledged(8)
    for at in range(8, 12):
        a.send(at, b".")
        a.wait_acknowledged(at + 1)
    a.send(12, b"", RST | ACK)
    again(a, a.first + 500_000)
    a.pieces(text, [(5, 11), (0, 5)])


def again(a: Attacker, first: int) -> None:
    """Another connection of the same attacker; what was heard of the one before is forgotten."""
    a.seen.clear()
    a.first = first & 0xFFFFFFFF
    a.acknowledged = 0
    a.connect()


@FAMILY.evasion(BLOCKED, linux=b"EVIL", no_twin="the reset ends it in the middle")
def data_after_a_reset(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Resets the connection in the middle of the pattern and goes on."""
    a.connect()
    a.half(text)
    a.send(4, b"", RST | ACK)
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED, receiver="caller")
def pattern_in_the_answer(a: Attacker, text: bytes, decoy: bytes) -> None:
    """A server sends the pattern to its client in one-byte segments, the last one first."""
    a.answer_call()
    a.pieces(text, [(at, at + 1) for at in reversed(range(len(text)))])


@FAMILY.evasion(BLOCKED, receiver="caller", version=6)
def pattern_in_the_answer_over_ipv6(a: Attacker, text: bytes, decoy: bytes) -> None:
    """A server sends the pattern to its client over IPv6 in one-byte segments, the last one first."""
    a.answer_call()
    a.pieces(text, [(at, at + 1) for at in reversed(range(len(text)))])


@FAMILY.evasion(BLOCKED, receiver="caller")
def simultaneous_open(a: Attacker, text: bytes, decoy: bytes) -> None:
    """A server answers a client's SYN with a SYN of its own: both have opened (RFC 9293 section 3.5)."""
    a.be_called()
    a.send_packet(a.segment(a.first, SYN, options=MSS, acknowledged=0))
    if a.wait_for(lambda s: s.flags & SYN and s.acknowledged == a.number_at(0)) is None:
        raise TimeoutError("no SYN-ACK")
    a.send_packet(a.segment(a.first, SYN | ACK, options=MSS))
    a.pause(0.05)
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(BLOCKED, receiver="caller")
def split_handshake(a: Attacker, text: bytes, decoy: bytes) -> None:
    """A server answers a client's SYN with an ACK, then with a SYN of its own, and acknowledges the client's answer."""
    a.be_called()
    a.send_packet(a.segment(a.first - 100, ACK))
    a.send_packet(a.segment(a.first, SYN, options=MSS, acknowledged=0))
    if a.wait_for(lambda s: s.flags & SYN and s.acknowledged == a.number_at(0)) is None:
        raise TimeoutError("no SYN-ACK")
    a.send(0, b"", ACK)
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(BLOCKED, receiver="caller")
def syn_ack_twice_first_refused(a: Attacker, text: bytes, decoy: bytes) -> None:
    """A server sends a SYN|ACK that acknowledges the wrong number, which the client refuses, and then a true one."""
    a.be_called()
    a.send_packet(a.segment(a.first + 70_000, SYN | ACK, options=MSS, acknowledged=a.acknowledged + 9))
    a.pause(0.05)
    a.send_packet(a.segment(a.first, SYN | ACK, options=MSS))
    a.pause(0.05)
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(BLOCKED, receiver="caller")
def syn_ack_twice_first_lost(a: Attacker, text: bytes, decoy: bytes) -> None:
    """A server sends a SYN|ACK whose TTL ends before the client, and then one with another number."""
    a.be_called()
    a.send_packet(a.segment(a.first + 70_000, SYN | ACK, options=MSS, ttl=2))
    a.send_packet(a.segment(a.first, SYN | ACK, options=MSS))
    a.pause(0.05)
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(BLOCKED, receiver="caller")
def syn_ack_twice_second_ignored(a: Attacker, text: bytes, decoy: bytes) -> None:
    """A server sends a SYN|ACK and, once the client has taken it, one with another number."""
    a.answer_call()
    a.send_packet(a.segment(a.first + 70_000, SYN | ACK, options=MSS))
    a.pause(0.05)
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(BLOCKED, configuration={})
def reload_in_the_middle(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Waits between two halves until the rules have been loaded anew."""
    a.connect()
    a.half(text)
    a.way.reload()
    a.send(4, text[4:])


@FAMILY.evasion(MIDSTREAM, configuration={})
def connection_older_than_the_daemon(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Uses a connection that was open before the daemon started."""
    a.connect()
    a.half(b"....")
    a.way.restart()
    a.send(8, text[4:])
    a.send(4, text[:4])


@FAMILY.evasion(MIDSTREAM, configuration={})
def connection_older_than_the_daemon_decoy_first(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Uses a connection that was open before the daemon started; the first segment that the daemon sees of it lies
    outside the receiver's window. Sends all twice."""
    a.connect()
    a.half(b"....")
    a.way.restart()
    for _ in range(2):
        a.send(150_000, decoy)
        a.send(8, text[4:])
        a.send(4, text[:4])
        a.pause(0.1)


@FAMILY.evasion(MIDSTREAM, configuration={})
def connection_older_than_the_daemon_old_number_first(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Uses a connection that was open before the daemon started; the first segment that the daemon sees of it is empty
    and has a number from long before, so that what follows seems to lie behind a gap. Sends all twice."""
    a.connect()
    a.half(b"....")
    a.way.restart()
    for _ in range(2):
        a.send(-1000, b"", flags=ACK)
        a.send(4, text[:5])
        a.send(9, text[5:])
        a.pause(0.1)


@FAMILY.evasion(EXPIRED, configuration={"timeouts": {"established": "3s", "blocked": "1s"}}, no_twin=FORGOTTEN)
def idle_until_forgotten(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Waits between two halves until the connection's state has expired."""
    a.way.outlast(1)
    a.connect()
    a.half(text)
    a.way.outlast(3)
    a.send(4, text[4:])


@FAMILY.evasion(EXPIRED, configuration={"timeouts": {"closing": "1s"}}, no_twin=FORGOTTEN)
def forgotten_after_a_reset_that_never_arrives(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a reset between two halves whose TTL ends before the receiver, and waits for longer than
    a closed connection is remembered."""
    a.connect()
    a.half(text)
    a.send(4, b"", RST | ACK, ttl=2)
    a.way.outlast(1)
    a.send(4, text[4:])


@FAMILY.evasion(SECOND_DROPPED, receiver="caller", configuration={"timeouts": {"closing": "1s"}}, no_twin=AFTER_FIN)
def forgotten_after_a_fin_that_never_arrives(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Answers the receiver's FIN with one whose TTL ends before it, and waits for longer than a closed connection is
    remembered."""
    a.answer_call()
    a.half(text)
    a.receiver.say_no_more()
    a.hear_fin()
    a.send(4, b"", FIN | ACK, ttl=2)
    a.way.outlast(1)
    a.send(4, text[4:])


@FAMILY.evasion(BLOCKED, configuration={"timeouts": {"handshake": "1s"}})
def handshake_completed_late(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Completes the handshake only once a half-open connection has been forgotten."""
    a.greet()
    a.way.outlast(1)
    a.send(4, text[4:])
    a.send(0, text[:4])


@FAMILY.evasion(FAST_OPEN_BLOCKED, receiver="caller")
def decoy_with_the_syn_ack(a: Attacker, text: bytes, decoy: bytes) -> None:
    """A server sends a decoy with its SYN|ACK, which the client ignores, and the pattern afterwards."""
    a.be_called()
    a.send_packet(a.segment(a.first, SYN | ACK, decoy, options=MSS))
    a.pause(0.05)
    a.send_packet(a.segment(a.first, SYN | ACK, options=MSS))
    a.pause(0.05)
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(BLOCKED)
def handshake_answered_in_the_receivers_name(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a SYN with another number whose TTL ends before the server, answers it in the server's name from its own
    side of the gateway, and then connects truly."""
    a.send_packet(a.segment(a.first + 70_000, SYN, options=MSS, ttl=2))
    a.pause(0.05)
    a.speak_for_receiver(SYN | ACK, 70_000, sequence=1000)
    a.pause(0.05)
    a.connect()
    a.pieces(text, [(5, 11), (0, 5)])


@FAMILY.evasion(BLOCKED)
def begun_anew_in_the_receivers_name(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a SYN with a higher number in the middle of the pattern, answers it in the receiver's name from its own
    side of the gateway, and goes on with the pattern as if nothing had happened."""
    a.connect()
    a.half(text)
    a.send_packet(a.segment(a.first + 70_000, SYN, options=MSS, ttl=2))
    a.pause(0.05)
    a.speak_for_receiver(SYN | ACK, 70_000, sequence=1000)
    a.pause(0.05)
    a.send(4, text[4:])


@FAMILY.evasion(SECOND_DROPPED, configuration={"timeouts": {"closing": "1s"}}, no_twin=AFTER_FIN)
def closed_in_the_receivers_name(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a FIN whose TTL ends before the receiver, answers it with ACK and FIN in the receiver's name from its own
    side of the gateway, and waits for longer than a closed connection is remembered."""
    a.connect()
    a.half(text)
    a.send(4, b"", FIN | ACK, ttl=2)
    a.pause(0.05)
    a.speak_for_receiver(FIN | ACK, 5)
    a.pause(0.05)
    a.send(5, b"", ACK, acknowledged=a.acknowledged + 1, ttl=2)
    a.way.outlast(1)
    a.send(4, text[4:])
