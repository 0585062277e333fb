# SPDX-License-Identifier: GPL-2.0-or-later
"""A few bytes there and back on one connection, while nothing else goes through the gateway."""

import re

from bench_gateway import Gateway, Program
from bench_table import Column, Sample
from harness.topology import V4

BYTES = 64


class Latency:
    name = "latency"
    offload = True
    columns = (Column("ping p50", "µs", 1), Column("ping p99", "µs", 1))

    def __init__(self, _gateways: list[Gateway], seconds: float) -> None:
        self._seconds = seconds

    def measure(self, gateway: Gateway, _program: Program) -> Sample:
        said = gateway.client(
            gateway.echo.program, "--connect", V4.server, "--port", str(gateway.echo.port), "--size", str(BYTES),
            "--seconds", f"{self._seconds:g}",
        )  # fmt: skip
        found = re.search(r"p50=([\d.]+) p99=([\d.]+)", said)
        assert found, said
        return {column.name: float(value) for column, value in zip(self.columns, found.groups())}
