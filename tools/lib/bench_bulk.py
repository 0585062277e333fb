# SPDX-License-Identifier: GPL-2.0-or-later
"""One TCP connection as fast as it goes; and the same without segmentation offloads, in packets of the wire's size."""

from bench_gateway import Gateway, Program
from bench_table import Column, Sample
from harness import bulk
from harness.daemon import cpu_seconds
from harness.topology import V4


class Bulk:
    name = "bulk"
    offload = True  # of the gateways that it is measured with
    columns = (Column("bulk", "Gbit/s", 1), Column("bulk CPU", "s/GB", 3))

    def __init__(self, _gateways: list[Gateway], seconds: float) -> None:
        self._seconds = seconds

    def measure(self, gateway: Gateway, program: Program) -> Sample:
        rate, cost = self.columns
        before = cpu_seconds(program.process) if program.process else None
        sent, took = bulk.send(gateway.topology.client, V4.server, gateway.sink.port, self._seconds)
        sample = {rate.name: sent * 8 / took / 1e9}
        if before is not None:
            sample[cost.name] = (cpu_seconds(program.process) - before) / (sent / 1e9)
        return sample


class Segmented(Bulk):
    name = "segmented"
    offload = False
    columns = (Column("segmented", "Gbit/s", 2), Column("segm. CPU", "s/GB", 3))
