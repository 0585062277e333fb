# SPDX-License-Identifier: GPL-2.0-or-later
"""One TCP connection as fast as it goes: a sender that counts, and a sink that throws everything away.

The sink discards in the kernel (MSG_TRUNC, tcp(7)), so that what is measured is the way there. The payload is text
that looks like HTTP, not zeros: a matcher is quick on zeros.
"""

import contextlib
import pathlib
import random
import socket
import struct
import subprocess
import sys
import threading
import time

from .namespace import Namespace
from .traffic import forget_on_close

CHUNK = 1 << 20
BYTES_ACKED = 120  # where struct tcp_info (linux/tcp.h) has tcpi_bytes_acked


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
    """Throws away what its connections bring, in a process of its own."""

    def __init__(self, namespace: Namespace, address: str) -> None:
        command = [sys.executable, "-B", "-m", "harness.bulk", address]
        tests = pathlib.Path(__file__).resolve().parents[1]
        self._process = namespace.start(command, stdout=subprocess.PIPE, text=True, cwd=tests)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def drain(address: str) -> None:
    """What the sink's process does."""
    with socket.create_server((address, 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            accepted, _ = listener.accept()
            threading.Thread(target=discard, args=(accepted,), daemon=True).start()


def discard(accepted: socket.socket) -> None:
    room = bytearray(CHUNK)
    with accepted, contextlib.suppress(ConnectionResetError):
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


def steady_rate(namespace: Namespace, address: str, port: int, warm_up: float, seconds: float) -> float:
    """Bits that the other end acknowledges a second, over `seconds` that begin `warm_up` seconds into a transfer. The
    connection is then thrown away."""
    data = memoryview(made_text(CHUNK))
    with namespace.socket(socket.AF_INET) as sock:
        forget_on_close(sock)
        sock.settimeout(5)
        sock.connect((address, port))
        sock.settimeout(0.1)
        send_until(sock, data, time.monotonic() + warm_up)
        acked, started = bytes_acked(sock), time.monotonic()
        send_until(sock, data, started + seconds)
        return (bytes_acked(sock) - acked) * 8 / (time.monotonic() - started)


def send_until(sock: socket.socket, data: memoryview, deadline: float) -> None:
    while time.monotonic() < deadline:
        with contextlib.suppress(TimeoutError):
            sock.send(data)


def bytes_acked(sock: socket.socket) -> int:
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_ACKED + 8)
    return struct.unpack_from("Q", info, BYTES_ACKED)[0]


if __name__ == "__main__":
    drain(sys.argv[1])
