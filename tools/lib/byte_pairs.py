#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts pairs of bytes in files and prints src/rules/byte_pairs.inc: how rare each pair of classes of bytes is.

usage: python3 -B tools/lib/byte_pairs.py FILE...

The table that is there was made of 900 files of a Debian installation: HTML, JavaScript, CSS, JSON and plain text.
"""

import collections
import math
import pathlib
import sys

PUNCTUATION = [b for b in range(0x21, 0x7F) if not chr(b).isalnum()]


def classes() -> list[list[int]]:
    """The bytes of each class, in the order that byte_pairs.cc gives them too. Letters are one for both cases."""
    result = [[ord("a") + n, ord("A") + n] for n in range(26)]
    result.append(list(range(ord("0"), ord("9") + 1)))
    result += [[b] for b in PUNCTUATION]
    result += [[0x20], [0x09], [0x0A], [0x0D], [0x00], [b for b in range(1, 0x20) if b not in (0x09, 0x0A, 0x0D)]]
    result += [list(range(0x7F, 0xC0)), list(range(0xC0, 0xFF)), [0xFF]]
    return result


def main(names: list[str]) -> None:
    pairs: collections.Counter[tuple[int, int]] = collections.Counter()
    for name in names:
        data = pathlib.Path(name).read_bytes()
        pairs.update(zip(data, data[1:]))
    of_byte = {byte: number for number, some in enumerate(classes()) for byte in some}
    by_class: collections.Counter[tuple[int, int]] = collections.Counter()
    for (first, second), count in pairs.items():
        by_class[of_byte[first], of_byte[second]] += count
    total = sum(by_class.values())
    # Both cases of a letter are looked for as one; of other classes a byte is one of many.
    size = [1 if number < 26 else len(some) for number, some in enumerate(classes())]
    print("// SPDX-License-Identifier: GPL-2.0-or-later")
    print("// Made by tools/lib/byte_pairs.py: bits that a pair of bytes tells, up to 15, by the class of the first (a line)")
    print("// and of the second (a hexadecimal digit).")
    for first in range(len(size)):
        digits = ""
        for second in range(len(size)):
            share = (by_class[first, second] + 0.5) / total / size[first] / size[second]
            digits += f"{min(15, max(0, round(-math.log2(share)))):x}"
        print(f'    "{digits}",')


if __name__ == "__main__":
    main(sys.argv[1:])
