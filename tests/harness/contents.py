# SPDX-License-Identifier: GPL-2.0-or-later
"""Real text and real binary data: files that every Debian machine has. Not alike on every machine, but alike on every
run, and as a matcher meets them: random bytes and repeated words are easier."""

import contextlib
import pathlib
import random
from collections.abc import Callable

TEXT = (
    ("/usr/share/common-licenses", ("",)),
    ("/usr/share/perl", (".pm", ".pl", ".pod")),
    ("/usr/lib/python3", (".py", ".txt")),
    ("/usr/lib/python3.11", (".py", ".txt")),
    ("/usr/include", (".h",)),
    ("/usr/share/doc", (".html", ".txt", "README", "copyright")),
)
BINARY = (("/usr/bin", ("",)), ("/usr/lib", (".so", ".a", ".so.1", ".so.6")), ("/usr/share", (".png", ".gz", ".mo")))


def real_text(size: int) -> bytes:
    """Program sources, documentation and licences."""
    return joined(TEXT, size, lambda head: b"\0" not in head)


def real_binary(size: int) -> bytes:
    """Programs, libraries, pictures and compressed files."""
    return joined(BINARY, size, lambda head: b"\0" in head)


def joined(places: tuple, size: int, wanted: Callable[[bytes], bool]) -> bytes:
    """Files of all places in a mixed order that is always the same, at most a megabyte of each."""
    paths = [path for folder, endings in places for path in sorted(pathlib.Path(folder).rglob("*"))
             if path.name.endswith(endings) and path.is_file()]
    random.Random(1).shuffle(paths)
    parts: list[bytes] = []
    length = 0
    for path in paths:
        with contextlib.suppress(OSError), open(path, "rb") as file:
            content = file.read(1 << 20)
            if content and wanted(content[:4096]):
                parts.append(content)
                length += len(content)
        if length >= size:
            return b"".join(parts)[:size]
    if length == 0:
        raise FileNotFoundError(f"no readable files under {', '.join(folder for folder, _ in places)}")
    return (b"".join(parts) * (size // length + 1))[:size]
