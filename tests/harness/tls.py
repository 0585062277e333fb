# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS ends whose every segment the test chooses: OpenSSL by Python's ssl, which reads and writes memory here."""

import dataclasses
import pathlib
import socket
import ssl
import subprocess

from .namespace import Namespace
from .traffic import Client, Connection, RecordingServer

GREETING = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"  # an answer, before anything was asked


@dataclasses.dataclass(frozen=True)
class Certificate:
    """Signed by itself."""

    file: pathlib.Path
    key: pathlib.Path


def make_certificate(directory: pathlib.Path, name: str) -> Certificate:
    """Its subject is C=XX, O=Test, CN=`name`."""
    made = Certificate(directory / f"{name}.pem", directory / f"{name}.key")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", f"/C=XX/O=Test/CN={name}", "-keyout", str(made.key), "-out", str(made.file),
        ],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return made


class End:
    """One end of a TLS connection, without a socket."""

    def __init__(self, context: ssl.SSLContext, *, server: bool = False, name: str | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=server, server_hostname=name)
        self.ready = False  # the handshake is over
        self.heard = b""
        self.error = ""

    def take(self, data: bytes = b"") -> bytes:
        """Reads `data` from the other end; returns what to send back."""
        self._incoming.write(data)
        try:
            if not self.ready:
                self._tls.do_handshake()
                self.ready = True
            while more := self._tls.read():
                self.heard += more
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        except ssl.SSLError as error:
            self.error = str(error)
        return self._outgoing.read()

    def say(self, data: bytes) -> bytes:
        """What to send for `data` to be heard."""
        self._tls.write(data)
        return self._outgoing.read()


class TlsServer(RecordingServer):
    """Greets whoever completes a handshake, in writes of `cut` bytes where that is not 0. `asked` are the names that
    were asked for."""

    def __init__(
        self,
        namespace: Namespace,
        address: str,
        certificate: Certificate,
        *,
        newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        cut: int = 0,
    ) -> None:
        self._cut = cut
        self.asked: list[str | None] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate.file, certificate.key)
        self._context.maximum_version = newest
        self._context.sni_callback = lambda _end, name, _context: self.asked.append(name)
        self._ends: dict[socket.socket, End] = {}
        super().__init__(namespace, address)

    def heard(self) -> bytes:
        """What all clients have said within TLS."""
        return b"".join(end.heard for end in self._ends.values())

    def _read(self, sock: socket.socket, connection: Connection) -> bool:
        before = len(connection.data)
        ended = super()._read(sock, connection)
        end = self._ends.setdefault(sock, End(self._context, server=True))
        greeted = end.ready
        answer = end.take(connection.data[before:])
        if end.ready and not greeted:
            answer += end.say(GREETING)
        for at in range(0, len(answer), self._cut or len(answer) or 1):
            self._send(connection, answer[at : at + (self._cut or len(answer))])
        return ended


class TlsClient:
    """Asks for `name` over a connection of the harness, and trusts anybody. What it will say first is in `hello`, and
    may be changed."""

    def __init__(self, client: Client, name: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.client = client
        self.end = End(context, name=name)
        self.hello = self.end.take()

    def greeting(self, cut: int = 0, timeout: float = 5) -> bytes:
        """Makes the handshake, in segments of `cut` bytes where that is not 0, and returns what the server then says;
        b"" where nothing comes for `timeout` seconds."""
        self.client.send(self.hello, cut)
        while not self.end.heard and not self.end.error:
            before = len(self.client.received)
            fresh = self.client.receive(before + 1, timeout)[before:]
            if not fresh:
                break
            answer = self.end.take(fresh)
            if answer:
                self.client.send(answer, cut)
        return self.end.heard


def in_records_of(size: int, record: bytes) -> bytes:
    """The message of one handshake record, over as many records as it takes."""
    head, message = record[:3], record[5:]
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(head + len(piece).to_bytes(2, "big") + piece for piece in pieces)
