# SPDX-License-Identifier: GPL-2.0-or-later
"""One TCP connection as fast as it goes: a sender that counts, and a sink that throws everything away.

The sink discards in the kernel (MSG_TRUNC, tcp(7)), so that what is measured is the way there. The payload is text
that looks like HTTP, not zeros: a matcher is quick on zeros.
"""

import pathlib
import random
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))

from harness.namespace import Namespace  # noqa: E402

CHUNK = 1 << 20


def made_text(size: int) -> bytes:
    """Words, numbers and markup, the same on every run."""
    chance = random.Random(1)
    words = ["the", "GET", "/index.html", "value=", "<div class='a'>", "content", "12345", "header:", "\r\n", "user",
             "select", "from", "image/png", "{\"id\":", "cookie", "session", "0x7f", "script", "href=\"", "://"]
    parts: list[str] = []
    length = 0
    while length < size:
        parts.append(chance.choice(words) + " ")
        length += len(parts[-1])
    return "".join(parts).encode()[:size]


class Sink:
    """Accepts one connection after another, in a process of its own."""

    def __init__(self, namespace: Namespace, address: str) -> None:
        command = [sys.executable, "-B", __file__, address]
        self._process = namespace.start(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def drain(address: str) -> None:
    """What the sink's process does."""
    room = bytearray(CHUNK)
    with socket.create_server((address, 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            accepted, _ = listener.accept()
            with accepted:
                while accepted.recv_into(room, CHUNK, socket.MSG_TRUNC):
                    pass


def send(namespace: Namespace, address: str, port: int, seconds: float) -> tuple[int, float]:
    """Sends for `seconds`; returns bytes that were acknowledged by the end of the stream, and the time it took."""
    data = memoryview(made_text(CHUNK))
    with namespace.socket(socket.AF_INET) as sock:
        sock.settimeout(30)
        sock.connect((address, port))
        sent, started = 0, time.monotonic()
        while time.monotonic() - started < seconds:
            sent += sock.send(data)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(1):
            pass
        return sent, time.monotonic() - started


if __name__ == "__main__":
    drain(sys.argv[1])
