# SPDX-License-Identifier: GPL-2.0-or-later
"""The real Linux applications that the attacks are aimed at."""

import contextlib
import socket
from typing import Protocol

from harness.namespace import Namespace
from harness.topology import Family
from harness.traffic import RecordingServer, family_of, forget_on_close


class Receiver(Protocol):
    """`port` is the receiver's own. `received` is what the application has read of the attacker with this port."""

    port: int

    def received(self, attacker_port: int) -> bytes: ...

    def close(self) -> None: ...


class Server:
    """Reads whatever comes, on all connections; one serves many attackers."""

    def __init__(self, namespace: Namespace, family: Family) -> None:
        self._server = RecordingServer(namespace, family.server)
        self.port = self._server.port

    def received(self, attacker_port: int) -> bytes:
        return b"".join(c.data for c in list(self._server.connections) if c.peer[1] == attacker_port)

    def close(self) -> None:
        self._server.close()


class FastOpenServer(Server):
    """Takes data in a SYN, even without a cookie (the namespace's tcp_fastopen allows that)."""

    def __init__(self, namespace: Namespace, family: Family) -> None:
        super().__init__(namespace, family)
        self._server.allow_fast_open()


class LateReader:
    """Has a small buffer, and reads it when asked."""

    def __init__(self, namespace: Namespace, family: Family) -> None:
        self._listener = namespace.socket(family_of(family.server))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._listener.bind((family.server, 0))
        self._listener.listen(1)
        self._listener.settimeout(5)
        self.port = self._listener.getsockname()[1]
        self._sock: socket.socket | None = None
        self._data = b""

    def read(self) -> None:
        if self._sock is None:
            self._sock, _ = self._listener.accept()
            self._sock.setblocking(False)
        self._data += drain(self._sock)

    def received(self, attacker_port: int) -> bytes:
        if self._sock is not None:
            self.read()
        return self._data

    def close(self) -> None:
        close_quietly(self._sock)
        self._listener.close()


class Caller:
    """Connects to the attacker, as a client does that has been lured to its server."""

    def __init__(self, namespace: Namespace, family: Family) -> None:
        self._sock = namespace.socket(family_of(family.server))
        self._sock.bind((family.server, 0))
        self._sock.setblocking(False)
        self.port = self._sock.getsockname()[1]
        self._data = b""

    def connect(self, address: str, port: int) -> None:
        self._sock.connect_ex((address, port))

    def say_no_more(self) -> None:
        self._sock.shutdown(socket.SHUT_WR)

    def received(self, attacker_port: int) -> bytes:
        self._data += drain(self._sock)
        return self._data

    def close(self) -> None:
        close_quietly(self._sock)


RECEIVERS = {"server": Server, "fast open": FastOpenServer, "late reader": LateReader, "caller": Caller}
SHARED = ("server", "fast open")


def drain(sock: socket.socket) -> bytes:
    """What can be read at once; nothing where the connection is not there."""
    data = b""
    with contextlib.suppress(OSError):
        while part := sock.recv(1 << 16):
            data += part
    return data


def close_quietly(sock: socket.socket | None) -> None:
    """Without a word to the attacker."""
    if sock is None:
        return
    with contextlib.suppress(OSError):
        forget_on_close(sock)
    sock.close()
