#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes docs/evasion.md from the catalogue."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/evasion.md"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/evasion")]

from catalogue import ENTRIES, FAMILIES, Entry, Family  # noqa: E402

NO_TWIN = "†"

INTRODUCTION = f"""# Evasions

An attacker who knows that a payload is inspected cuts it, reorders it, repeats it with other bytes or sends what the
receiver will never take, so that inspector and receiver read two different streams. This page names {len(ENTRIES)} such ways,
what a Linux application reads of each, and what nfsieve does about it.

It is written by `tests/evasion/catalogue/write_docs.py` from the entries that `tests/kernel/test_catalogue.py` plays.
A check fails where the two differ; do not edit the page.

## What is promised

The bytes that were judged are the bytes that the receiver reads. The first version of a byte that is let through counts,
and is remembered until the receiver has acknowledged it; what says something else later is dropped, reported and
counted (`conflicting`). Whether the receiver took the first version does not matter: if it did not, because the checksum was
wrong, the TTL too low or the window closed, then it waits for the same bytes and for no others. So nfsieve has no
need to know what its receivers do with overlaps.

What cannot be judged in this way follows a [policy](configuration.md#policies), whose default lets nothing through.

## How it is measured

Each entry is played three times, from a raw socket, against a real application on a real kernel:

1. **with nothing in the way**: the application must read exactly what the column *Linux* says. `EVILPATTERN` there means
   that the attack works on an unprotected server; anything else, that Linux happens to choose the other version.
2. **through the shipped gateway rules and nfsieve**, with one rule that drops `EVILPATTERN`: the application must never
   read the whole pattern, and the events or counters must show what the column *nfsieve* says.
3. **its benign twin**, through nfsieve too: the same technique with a harmless text and decoys that agree with it must
   arrive whole. Entries marked {NO_TWIN} have none: what they do is dropped whatever it carries.

Measured on Linux 6.18 and on Debian 12's Linux 6.1, with the same results. The pattern's place in a longer stream is
not shown: the dots that some entries fill with are left out. Decoy bytes are `x`.

`sudo tests/kernel/test_catalogue.py NAME` plays one entry.

## What is not claimed

- **What the daemon never saw.** A connection that was open before nfsieve started is judged from where it is picked up
  (`midstream`). Half a pattern that passed before, or during a restart, is not known. `"midstream": "drop"` closes that,
  and cuts such connections.
- **Patience over a reload.** A match that began under the old rules counts for `timeouts.reload_grace`. Half a pattern before
  a reload and the other half later than that is no match.
- **Tunnels.** Only TCP is diverted. What GRE, IP in IP, IPsec or a VPN carries to an end behind the gateway is not looked
  into.
- **Other protocols.** QUIC carries over UDP what browsers would send over TCP; `gateway.nft` has a line that rejects it.
- **Several connections.** A pattern that an application puts together from several connections is in none of them.
- **Meaning.** Bytes are compared with the rules as they are sent. Compression, encodings and encryption hide a pattern as
  they do from anyone who reads the stream. What both ends of a connection of TLS or SSH encrypt Suricata's rules about payload are not held
  against at all ([suricata.md](suricata.md#encrypted-connections) says from where on, and how to have it otherwise).
- **Other receivers.** Nothing above depends on Linux, but only Linux was measured.
"""


def table(family: Family) -> str:
    lines = [f"## {family.name}", "", family.about, "", "| name | the attacker | Linux | nfsieve |", "|---|---|---|---|"]
    return "\n".join(lines + [row(entry) for entry in family.entries]) + "\n"


def row(entry: Entry) -> str:
    reads = f"`{entry.linux.decode()}`" if entry.linux else "nothing"
    technique = entry.technique.rstrip(".")
    technique = (technique[0].lower() + technique[1:]).replace("|", "\\|")
    mark = NO_TWIN if entry.no_twin else ""
    return f"| {entry.name}{mark} | {technique} | {reads} | {entry.nfsieve.says} |"


def page() -> str:
    return "\n".join([INTRODUCTION, *map(table, FAMILIES)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
