# SPDX-License-Identifier: GPL-2.0-or-later
"""Plain TCP ends: a server that remembers what it read, a client that sends in pieces of a chosen size."""

import dataclasses
import fcntl
import select
import socket
import struct
import threading
import time
from collections.abc import Callable

from .namespace import Namespace

# linux/sockios.h: bytes in the send queue; those that were never sent, and all that are not acknowledged.
SIOCOUTQNSD, SIOCOUTQ = 0x894B, 0x5411


def family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def wait_until(condition: Callable[[], bool], timeout: float = 10, step: float = 0.02) -> bool:
    """Whether `condition` came true in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def unsent(sock: socket.socket) -> int:
    """Bytes that were written but have never left; 0 where the connection has ended."""
    return _queued_bytes(sock, SIOCOUTQNSD)


def unacknowledged(sock: socket.socket) -> int:
    """Bytes that were written and not acknowledged; 0 where the connection has ended."""
    return _queued_bytes(sock, SIOCOUTQ)


def _queued_bytes(sock: socket.socket, which: int) -> int:
    try:
        return struct.unpack("i", fcntl.ioctl(sock, which, struct.pack("i", 0)))[0]
    except (OSError, ValueError):  # it may be closed by the thread that reads it
        return 0


def forget_on_close(sock: socket.socket) -> None:
    """Closing sends a reset and forgets what was not delivered (socket(7), SO_LINGER of 0)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclasses.dataclass
class Connection:
    """One connection as the server saw it. `ended` is "" while open, then "fin" or "reset"."""

    peer: tuple
    sock: socket.socket = dataclasses.field(repr=False)
    data: bytes = b""
    ended: str = ""


class RecordingServer:
    """Accepts on a free port in `namespace` and records, in a thread of its own.

    `answer` is called with all the bytes read so far whenever more have come; what it returns is sent. A `greeting`
    is sent at once.
    """

    def __init__(
        self,
        namespace: Namespace,
        address: str,
        *,
        port: int = 0,
        greeting: bytes = b"",
        answer: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.connections: list[Connection] = []
        self._greeting, self._answer = greeting, answer
        self._listener = namespace.socket(family_of(address))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address, port))
        self._listener.listen(128)
        self.address, self.port = address, self._listener.getsockname()[1]
        self._wake_read, self._wake_write = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._wake_write.close()
        self._thread.join(5)
        self._listener.close()
        self._wake_read.close()

    def send(self, data: bytes, connection: int = 0, timeout: float = 5) -> None:
        """Sends from the server's side of a connection, as one segment: it has left when this returns, or the
        connection has ended."""
        if not wait_until(lambda: len(self.connections) > connection, timeout):
            raise TimeoutError("no such connection")
        sock = self.connections[connection].sock
        self._send(self.connections[connection], data)
        wait_until(lambda: sock.fileno() < 0 or unsent(sock) == 0, timeout=1, step=0.0005)

    def wait_all_reset(self, timeout: float = 10) -> bool:
        """Whether every connection is reset in time. One whose reset overtook the last packet of its handshake is
        never accepted, so that there may be none."""
        wait_until(lambda: bool(self.connections), 0.3)
        return wait_until(lambda: all(connection.ended == "reset" for connection in self.connections), timeout)

    def allow_fast_open(self) -> None:
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)

    def received(self) -> bytes:
        """What all connections have brought, in the order they were accepted."""
        return b"".join(c.data for c in self.connections)

    def _serve(self) -> None:
        open_ones: dict[socket.socket, Connection] = {}
        while True:
            ready, _, _ = select.select([self._listener, self._wake_read, *open_ones], [], [])
            for sock in ready:
                if sock is self._wake_read:
                    for left in open_ones:
                        forget_on_close(left)
                        left.close()
                    return
                if sock is self._listener:
                    accepted, peer = sock.accept()
                    accepted.settimeout(5)
                    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    open_ones[accepted] = Connection(peer, accepted)
                    self.connections.append(open_ones[accepted])
                    self._send(open_ones[accepted], self._greeting)
                elif self._read(sock, open_ones[sock]):
                    sock.close()
                    del open_ones[sock]

    def _read(self, sock: socket.socket, connection: Connection) -> bool:
        """True when the connection has ended."""
        try:
            data = sock.recv(1 << 16)
        except OSError:
            connection.ended = "reset"
            return True
        if not data:
            connection.ended = connection.ended or "fin"
            return True
        connection.data += data
        if self._answer is not None:
            self._send(connection, self._answer(connection.data))
        return False

    @staticmethod
    def _send(connection: Connection, data: bytes) -> None:
        if not data:
            return  # even that would take the socket's pending error, and the next read would see a plain end
        try:
            connection.sock.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            connection.ended = "reset"
        except OSError:
            pass  # the read that follows says how the connection ended


class Client:
    """A connected client. Errors of the connection are state (`reset`, `timed_out`), not exceptions.

    `patience` is for each piece that send() cuts: short, so that a blocked connection is soon given up; what must pass
    on a busy machine or a bad link wants more.
    """

    def __init__(
        self,
        namespace: Namespace,
        address: str,
        port: int,
        *,
        source_port: int = 0,
        timeout: float = 5,
        patience: float = 1,
    ) -> None:
        self._patience = patience
        self.sock = namespace.socket(family_of(address))
        self.sock.settimeout(timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = 0
        if source_port:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.sock.bind(("::" if ":" in address else "0.0.0.0", source_port))
        self.received = b""
        self.reset = self.closed = False
        self.connected = True
        try:
            self.sock.connect((address, port))
            self.port = self.sock.getsockname()[1]
        except OSError as error:
            self.connected = False
            self.reset = isinstance(error, ConnectionResetError)  # it came right behind the SYN-ACK

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def abort(self) -> None:
        """Closes without a word: what a gateway has blocked is not retransmitted into the next test."""
        if self.sock.fileno() >= 0:
            forget_on_close(self.sock)
            self.sock.close()

    def send(self, data: bytes, cut: int = 0) -> None:
        """Sends `data`, in segments of `cut` bytes where that is not 0: each has left before the next is written,
        so that the kernel cannot join them. Stops quietly where the connection does not take more."""
        pieces = [data[i : i + cut] for i in range(0, len(data), cut)] if cut else [data]
        for piece in pieces:
            try:
                self.sock.sendall(piece)
            except OSError as error:
                self.reset = isinstance(error, (ConnectionResetError, BrokenPipeError))
                return
            if cut and not wait_until(lambda: unsent(self.sock) == 0, self._patience, step=0.0005):
                return

    def receive(self, size: int = 1, timeout: float = 5) -> bytes:
        """Reads until `size` bytes came in all, the connection ended or the time is up; returns all bytes so far."""
        deadline = time.monotonic() + timeout
        while len(self.received) < size and not self.reset and not self.closed:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self.sock.recv(1 << 16)
            except TimeoutError:
                break
            except OSError:
                self.reset = True
                break
            self.closed = not data
            self.received += data
        return self.received

    def wait_reset(self, timeout: float = 10) -> bool:
        self.receive(1 << 62, timeout)
        return self.reset
