# SPDX-License-Identifier: GPL-2.0-or-later
"""The base of the tests that need TLS ends."""

import pathlib
import tempfile

from .signatures import SignatureCase
from .tls import Certificate, TlsClient, TlsServer, make_certificate
from .topology import V4, Family


class TlsCase(SignatureCase):
    certificates: dict[str, Certificate]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        temporary = tempfile.TemporaryDirectory(prefix="nfsieve-test-")
        cls.addClassCleanup(temporary.cleanup)
        names = ("shop.example", "evil.example", "worse.example")
        cls.certificates = {name: make_certificate(pathlib.Path(temporary.name), name) for name in names}

    def tls_server(self, name: str = "shop.example", family: Family = V4, **options) -> TlsServer:
        server = TlsServer(self.topology.server, family.server, self.certificates[name], **options)
        self.addCleanup(server.close)
        return server

    def tls_client(self, server: TlsServer, name: str) -> TlsClient:
        return TlsClient(self.client(server), name)
