#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Much traffic at once: big transfers stay intact, both workers share the work, an overrun is survived."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import hashlib  # noqa: E402
import os  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402

from harness import divert, packets, tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, GatewayCase  # noqa: E402
from harness.nginx import Nginx  # noqa: E402
from harness.topology import CLIENT_MAC, FAMILIES, LAN_MAC, V4, V6  # noqa: E402
from harness.raw_client import RawClient  # noqa: E402
from harness.traffic import wait_until  # noqa: E402

BIG = 8 << 20 if os.environ.get("NFSIEVE_IN_VM") else 64 << 20


class Load(GatewayCase):
    def web_server(self) -> Nginx:
        directory = self.directory / "nginx"
        directory.mkdir()
        self.directory.chmod(0o755)
        nginx = Nginx(self.topology.server, directory, (V4.server, V6.server))
        self.addCleanup(nginx.close)
        return nginx

    def download(self, host: str) -> str:
        """The digest of the big file as curl got it."""
        target = tempfile.NamedTemporaryFile(dir=self.directory)
        self.topology.client.run("curl", "-sS", "--fail", "-o", target.name, f"http://{host}/files/big")
        with open(target.name, "rb") as got:
            return hashlib.file_digest(got, "sha256").hexdigest()

    def test_a_big_download_arrives_intact_in_long_packets(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        content = os.urandom(BIG)
        self.web_server().add_file("big", content)
        for family in FAMILIES:
            with self.subTest(version=family.version):
                host = family.server if family.version == 4 else f"[{family.server}]"
                self.assertEqual(self.download(host), hashlib.sha256(content).hexdigest())
        counters = daemon.counters()
        self.assertGreater(counters["bytes"], 2 * BIG)
        self.assertGreater(counters["bytes"] / counters["packets"], 3000, "packets came cut to the wire's size")

    def test_a_pattern_at_the_end_of_a_big_download_is_found(self) -> None:
        self.daemon({"rules": [{**DROP_EVIL["rules"][0], "direction": "to_client"}]})
        self.web_server().add_file("big", bytes(4 << 20) + EVIL + b"rest")
        done = self.topology.client.run(
            "curl", "-sS", "--max-time", "3", f"http://{V4.server}/files/big", "-o", str(self.directory / "got"),
            check=False,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn(EVIL, (self.directory / "got").read_bytes())

    def test_two_workers_judge_many_connections(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        addresses = [f"10.91.1.{last}" for last in range(10, 26)]
        self.topology.client.ip_batch(*(f"addr replace {address}/24 dev eth0" for address in addresses))
        server = self.server(answer=lambda data: b"k")
        clients = []
        for number in range(64):
            sock = self.topology.client.socket(2)
            self.addCleanup(sock.close)
            sock.settimeout(5)
            sock.bind((addresses[number % len(addresses)], 0))
            sock.connect((V4.server, server.port))
            clients.append(sock)
        for number, sock in enumerate(clients):
            sock.sendall(EVIL if number % 4 == 0 else b"harmless")
        for number, sock in enumerate(clients):
            if number % 4:
                self.assertEqual(sock.recv(1), b"k")
        self.assertEqual(len(daemon.wait_alerts(16)), 16)
        wait_until(lambda: False, 0.5)
        self.assertNotIn(EVIL, server.received())
        sequences = list(divert.queue_sequences(self.topology.gateway).values())
        self.assertEqual(len(sequences), 2)
        self.assertTrue(all(count > 20 for count in sequences), f"one worker had nothing to do: {sequences}")

    def test_a_flood_beyond_the_socket_buffer_is_survived(self) -> None:
        daemon = self.daemon(DROP_EVIL, configuration={"queue_length": 100000, "receive_buffer": 65536})
        client = RawClient(self.topology, V4, 9)
        self.addCleanup(client.close)
        frames = [
            packets.ethernet(CLIENT_MAC, LAN_MAC, client.segment(number, packets.ACK, bytes(1200)))
            for number in range(500)
        ]
        # The kernel fills the socket of a daemon that stands still: what does not fit is lost with ENOBUFS.
        with daemon.standing_still():
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline:
                for frame in frames:
                    client.send_frame(frame)
        self.assert_passes(self.server(), b"harmless")
        self.assert_blocked(self.server(), EVIL, EVIL)
        self.assertTrue(daemon.alive())


if __name__ == "__main__":
    tap.main()
