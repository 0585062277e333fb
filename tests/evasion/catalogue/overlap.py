# SPDX-License-Identifier: GPL-2.0-or-later
"""Two versions of the same bytes, both on their way to the receiver: which one does it read?"""

from harness.packets import ACK, FIN, PSH

from .attacker import Attacker
from .entry import AFTER_FIN, BLOCKED, PATTERN, SECOND_DROPPED, SECOND_DROPPED_AND_BLOCKED, Family, Play, holes

FAMILY = Family(
    "overlap",
    "Two versions of the same bytes. The first thirteen pairs are Allen's relations between an earlier segment and a "
    "later one: both lie behind a gap, so that the receiver has to keep them, and the gap is filled last.",
)

Range = tuple[int, int]

# Allen's relations by the name of what the earlier segment is to the later one, and, where they have bytes in common,
# what Linux reads with the decoy in the earlier and in the later one.
ALLEN: dict[str, tuple[Range, Range, bytes, bytes]] = {
    "before": ((2, 4), (6, 9), PATTERN, b""),
    "after": ((6, 9), (2, 4), PATTERN, b""),
    "meets": ((2, 5), (5, 9), PATTERN, b""),
    "met-by": ((5, 9), (2, 5), PATTERN, b""),
    "overlaps": ((2, 6), (4, 9), b"EVILxxTTERN", PATTERN),
    "overlapped-by": ((4, 9), (2, 6), PATTERN, b"EVILxxTTERN"),
    "starts": ((2, 5), (2, 9), PATTERN, b"EVxxxATTERN"),
    "started-by": ((2, 9), (2, 5), b"EVxxxATTERN", PATTERN),
    "during": ((4, 7), (2, 9), PATTERN, b"EVILxxxTERN"),
    "contains": ((2, 9), (4, 7), b"EVILxxxTERN", PATTERN),
    "finishes": ((5, 9), (2, 9), PATTERN, b"EVILPxxxxRN"),
    "finished-by": ((2, 9), (5, 9), b"EVILPxxxxRN", PATTERN),
    "equals": ((2, 9), (2, 9), b"EVxxxxxxxRN", PATTERN),
}


def with_decoy(text: bytes, decoy: bytes, begin: int, end: int) -> bytes:
    return text[:begin] + decoy[begin:end] + text[end:]


def relation(earlier: Range, later: Range, decoy_first: bool) -> Play:
    """Sends both, then all that neither covers, the beginning last."""
    common = max(earlier[0], later[0]), min(earlier[1], later[1])

    def play(a: Attacker, text: bytes, decoy: bytes) -> None:
        forged = with_decoy(text, decoy, *common) if common[0] < common[1] else text
        a.connect()
        a.pieces(forged if decoy_first else text, [earlier])
        a.pieces(text if decoy_first else forged, [later])
        a.pieces(text, reversed(holes([earlier, later])))

    return play


def covers(earlier: Range, later: Range) -> bool:
    """Nothing is missing when the later one is dropped."""
    return earlier[0] <= later[0] and later[1] <= earlier[1]


def add_relations() -> None:
    for name, (earlier, later, decoy_first, pattern_first) in ALLEN.items():
        verb = name.replace("-", " ") if name.endswith("s") else f"is {name.replace('-', ' ')}"
        words = f"Sends a segment that {verb} a later one"
        if not pattern_first:
            FAMILY.add(f"allen-{name}", f"{words}; they have no byte in common.",
                       relation(earlier, later, False), decoy_first, BLOCKED)
            continue
        common = f"{words}; the common bytes are first"
        FAMILY.add(f"allen-{name}-decoy-first", f"{common} the decoy's, then the pattern's.",
                   relation(earlier, later, True), decoy_first, SECOND_DROPPED)
        outcome = SECOND_DROPPED_AND_BLOCKED if covers(earlier, later) else SECOND_DROPPED
        FAMILY.add(f"allen-{name}-pattern-first", f"{common} the pattern's, then the decoy's.",
                   relation(earlier, later, False), pattern_first, outcome)


add_relations()


@FAMILY.evasion(SECOND_DROPPED)
def covered_by_the_filler_of_the_gap(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends decoys behind a gap, then the whole pattern over gap and decoys."""
    a.connect()
    a.pieces(decoy, [(4, 6), (8, 9)])
    a.send(0, text)


@FAMILY.evasion(SECOND_DROPPED)
def many_decoys_covered_at_once(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy for every other byte behind a gap, then a segment that covers them all, then the gap."""
    a.connect()
    a.pieces(decoy, [(at, at + 1) for at in range(2, 11, 2)])
    a.pieces(text, [(1, 11), (0, 1)])


@FAMILY.evasion(SECOND_DROPPED_AND_BLOCKED, linux=b"EVILxxTTERN")
def pattern_held_then_covered_by_a_decoy(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the pattern's end behind a gap, then a decoy over gap and end, then the true beginning."""
    a.connect()
    a.pieces(text, [(4, 11)])
    a.send(2, text[2:4] + decoy[4:6])
    a.pieces(text, [(0, 4)])


@FAMILY.evasion(SECOND_DROPPED)
def three_versions(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy behind a gap, the pattern over it, and another decoy over both, then the gap."""
    a.connect()
    a.pieces(decoy, [(4, 6)])
    a.pieces(text, [(3, 7)])
    a.pieces(decoy, [(4, 5)])
    a.pieces(text, [(7, 11), (0, 3)])


@FAMILY.evasion(SECOND_DROPPED)
def sacked_bytes_taken_back(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Waits for the SACK of a decoy behind a gap, and sends the pattern over it all the same."""
    a.connect(b"\x02\x04\x05\xb4\x01\x01\x04\x02")
    a.send(4, decoy[4:8])
    if a.wait_for(lambda s: b"\x05\x0a" in s.options) is None:
        raise TimeoutError("no SACK")
    a.pieces(text, [(3, 11), (0, 3)])


@FAMILY.evasion(BLOCKED)
def over_acknowledged_bytes(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the first half, and once it is acknowledged a segment whose front says something else of it."""
    a.connect()
    a.half(text)
    a.send(1, decoy[1:4] + text[4:])


@FAMILY.evasion(SECOND_DROPPED, linux=b"EVIL", no_twin=AFTER_FIN)
def data_behind_a_waiting_fin(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a FIN behind a gap, then bytes that go on after it, then the gap."""
    a.connect()
    a.send(2, text[2:4], flags=FIN | PSH | ACK)
    a.pieces(text, [(4, 11), (0, 2)])


@FAMILY.evasion(BLOCKED, linux=b"EVIL", no_twin=AFTER_FIN)
def fin_before_bytes_that_wait(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends the pattern's end behind a gap, then the gap with a FIN in the middle of the stream, then without."""
    a.connect()
    a.pieces(text, [(6, 11), (4, 6)])
    a.send(0, text[:4], flags=FIN | PSH | ACK)
    a.send(0, text[:4])


@FAMILY.evasion(SECOND_DROPPED, version=6)
def covered_by_the_filler_of_the_gap_over_ipv6(a: Attacker, text: bytes, decoy: bytes) -> None:
    """Sends a decoy behind a gap over IPv6, then the whole pattern over both."""
    a.connect()
    a.pieces(decoy, [(4, 8)])
    a.send(0, text)
