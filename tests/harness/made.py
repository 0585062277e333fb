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


def made_signatures(count: int) -> str:
    """`count` rules in Suricata's language that drop, about the buffers that such rules are usually about."""
    chance = random.Random(count)

    def word() -> str:
        return "".join(chance.choices(LETTERS, k=chance.randrange(8, 21)))

    kinds = (
        ("http", "to_server", "http.uri; content:\"{}\"; http.method; content:\"GET\";"),
        ("http", "to_server", "http.host; dotprefix; content:\".{}\"; endswith;"),
        ("http", "to_server", "http.user_agent; content:\"{}\"; nocase;"),
        ("http", "to_client", "file.data; content:\"{}\"; content:\"{}\"; distance:0;"),
        ("tls", "to_server", "tls.sni; content:\"{}\"; endswith;"),
        ("tcp", "to_server", "content:\"{}\"; depth:200;"),
        ("tcp", "to_client", "content:\"{}\"; content:\"{}\"; within:100;"),
    )
    lines = []
    for number in range(count):
        protocol, direction, body = kinds[number % len(kinds)]
        body = body.format(word(), word())
        lines.append(f"drop {protocol} any any -> any any (msg:\"made {number}\"; flow:established,{direction}; {body} "
                     f"sid:{number + 1}; rev:1;)")
    return "\n".join(lines) + "\n"
