# SPDX-License-Identifier: GPL-2.0-or-later
"""What the catalogue says of one evasion, and the words it says it in."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .attacker import Attacker

PATTERN = b"EVILPATTERN"
HARMLESS = b"GOODPATTERN"
DECOY = b"xxxxxxxxxxx"
assert len(PATTERN) == len(HARMLESS) == len(DECOY)

Play = Callable[["Attacker", bytes, bytes], None]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What becomes of an attack in nfsieve, and what shows it."""

    says: str
    events: frozenset[str] = frozenset()  # that the connection must cause: "alert", or the name of an anomaly
    counter: str = ""  # that must move while this attack alone is played: for what belongs to no connection

    def __init__(self, says: str, *events: str, counter: str = "") -> None:
        object.__setattr__(self, "says", says)
        object.__setattr__(self, "events", frozenset(events))
        object.__setattr__(self, "counter", counter)


BLOCKED = Outcome("blocked at the segment that completes the pattern", "alert")
SECOND_DROPPED = Outcome("the second version is dropped", "conflicting")
SECOND_DROPPED_AND_BLOCKED = Outcome(
    "the second version is dropped; blocked at the segment that completes the pattern", "conflicting", "alert"
)
BAD_CHECKSUM = Outcome("decoy dropped (its checksum is wrong); then blocked", "alert", counter="bad_checksum")
NO_ACK = Outcome("decoy dropped (without ACK no receiver takes it); then blocked", "alert", counter="no_ack")
MALFORMED_DECOY = Outcome("decoy dropped (`malformed`); then blocked", "alert", counter="cause_malformed")
MALFORMED = Outcome("dropped (`malformed`)", counter="cause_malformed")

AFTER_FIN = "nothing that a sender says behind its FIN is a harmless stream"  # no twin


@dataclasses.dataclass(frozen=True)
class Entry:
    """One evasion. `play` sends it: `play(attacker, text, decoy)`, where `text` is the pattern or, in the benign twin,
    a harmless text, and `decoy` is of the same length: other bytes, or in the twin the same ones, so that all that is
    sent agrees.

    `linux` is what a Linux application reads with nothing in the way, without the dots that some attacks fill
    with. `no_twin` says why nfsieve may stop the benign twin too; empty, it arrives whole.
    """

    name: str
    family: str
    technique: str
    play: Play
    linux: bytes
    nfsieve: Outcome
    no_twin: str = ""
    version: int = 4  # of IP
    receiver: str = "server"  # a key of receivers.RECEIVERS
    configuration: dict | None = None  # a daemon of its own, with these keys
    rules: tuple[dict, ...] = ()  # before the one that drops the pattern; with `configuration` only

    @property
    def alone(self) -> bool:
        """Cannot be played while others are."""
        return bool(self.nfsieve.counter) or self.configuration is not None

    @property
    def twin_reads(self) -> bytes:
        return self.linux.replace(PATTERN, HARMLESS) if PATTERN in self.linux else HARMLESS


class Family:
    """Entries of one kind, in the order of the page."""

    def __init__(self, name: str, about: str) -> None:
        self.name, self.about = name, about
        self.entries: list[Entry] = []

    def add(self, name: str, technique: str, play: Play, linux: bytes, nfsieve: Outcome, **more) -> None:
        self.entries.append(Entry(name, self.name, technique, play, linux, nfsieve, **more))

    def evasion(self, nfsieve: Outcome, *, linux: bytes = PATTERN, **more) -> Callable[[Play], Play]:
        """Adds the function below: its name is the entry's, its docstring the technique."""

        def added(play: Play) -> Play:
            technique = " ".join((play.__doc__ or "").split())
            self.add(play.__name__.replace("_", "-"), technique, play, linux, nfsieve, **more)
            return play

        return added


def holes(covered: Sequence[tuple[int, int]], size: int = len(PATTERN)) -> list[tuple[int, int]]:
    """What the ranges leave of the text."""
    found, at = [], 0
    for begin, end in sorted(covered):
        if begin > at:
            found.append((at, begin))
        at = max(at, end)
    return found + [(at, size)] * (at < size)
