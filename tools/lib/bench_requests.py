# SPDX-License-Identifier: GPL-2.0-or-later
"""Small requests: over connections that are kept, and each over a connection of its own."""

import bench_wrk
from bench_gateway import BenchFailed, Gateway, Program
from bench_table import Column, Sample

CONNECTIONS = 32


class Requests:
    name = "requests"
    offload = True
    columns = (Column("requests", "/s"),)
    options: tuple[str, ...] = ()

    def __init__(self, _gateways: list[Gateway], seconds: float) -> None:
        self._seconds = seconds

    def measure(self, gateway: Gateway, _program: Program) -> Sample:
        answers = bench_wrk.run(gateway.topology.client, CONNECTIONS, self._seconds, *self.options)
        if answers.count == 0 or answers.refused:
            raise BenchFailed(f"{answers.count} answers, {answers.refused} of them refused")
        return {self.columns[0].name: answers.count / answers.seconds}


class Connections(Requests):
    name = "connections"
    columns = (Column("connections", "/s"),)
    options = ("-H", "Connection: close")
