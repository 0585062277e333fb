# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules and payloads made from a seed: as many as wanted, alike on every run. The rules match no payload made here."""

import random

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-/."


def made_rules(count: int, *, regexes: int = 0) -> list[dict]:
    """`count` rules that drop: literals of 8 to 20 letters that look like words of a protocol; the last `regexes` of
    them are regular expressions that begin with such a word."""
    chance = random.Random(count)

    def word() -> str:
        return "".join(chance.choices(LETTERS, k=chance.randrange(8, 21)))

    def payload(number: int) -> dict:
        if number < count - regexes:
            return {"contains": word()}
        return {"regex": word().replace(".", "\\.") + r"[ \t]{0,8}=[ \t]{0,8}['\"]?[0-9a-f]{4,16}"}

    return [
        {"id": f"made-{number}", "action": "drop", "match": {"payload": payload(number)}} for number in range(count)
    ]


def made_bytes(size: int, seed: int = 1) -> bytes:
    """Random bytes."""
    return random.Random(seed).randbytes(size)
