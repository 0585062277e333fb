# SPDX-License-Identifier: GPL-2.0-or-later
"""All loads through a gateway, with different programs on its queues: one table."""

import contextlib
import dataclasses
import pathlib
import tempfile

import bench_table
import rounds
from bench_bulk import Bulk, Segmented
from bench_files import Files
from bench_gateway import BenchFailed, Gateway, Program, accept_all, nfsieve
from bench_latency import Latency
from bench_requests import Connections, Requests
from bench_table import Column, Sample
from harness.made import made_rules

LOADS = {load.name: load for load in (Bulk, Files, Requests, Connections, Segmented, Latency)}
MEMORY = Column("memory", "MiB", 1)
COUNTS = (0, 100, 1000, 10000)
NO_QUEUE, FLOOR = "no queue", "accept everything"
# Of the packets' time in the daemon, as `nfsieve status --json` has it.
TIMES = [Column(name, "µs", 1) for name in ("p50", "p90", "p99", "p99.9", "max")]


@dataclasses.dataclass
class Bench:
    directory: pathlib.Path
    plain: Gateway
    queued: Gateway
    queues: str  # as the programs name them
    loads: list

    def measure(self, gateway: Gateway, program: Program, row: str) -> Sample:
        sample: Sample = {}
        for load in self.loads:
            try:
                sample |= load.measure(gateway, program)
            except BenchFailed as error:
                raise BenchFailed(f"{row}, {load.name}: {error}") from error
        if (memory := program.peak_memory()) is not None:
            sample[MEMORY.name] = memory
        return sample | times_in_daemon(program)

    def no_queue(self) -> Sample:
        return self.measure(self.plain, Program(), NO_QUEUE)

    def accept_all(self) -> Sample:
        with accept_all(self.queued, self.queues) as program:
            return self.measure(self.queued, program, FLOOR)

    def nfsieve(self, row: str, rules: int, binary: str | None = None) -> Sample:
        place = self.directory / row.replace(" ", "-").replace(",", "")
        with nfsieve(self.queued, place, made_rules(rules), self.queues, binary) as program:
            return self.measure(self.queued, program, row)


def times_in_daemon(program: Program) -> Sample:
    if program.daemon is None or not program.daemon.control_socket.exists():
        return {}
    times = program.daemon.status().get("time_in_daemon", {})
    return {column.name: times[column.name] for column in TIMES if column.name in times}


def run(only: list[str], round_count: int, seconds: float, queues: int, than: str | None) -> None:
    """Measures and prints the table. `only` names loads; `than` is another release, with 1,000 rules."""
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nfsieve-bench-")))
        directory.chmod(0o755)
        plain, queued = Gateway(stack, directory / "plain", 0), Gateway(stack, directory / "queued", queues)
        loads = [LOADS[name]([plain, queued], seconds) for name in only]
        bench = Bench(directory, plain, queued, f"0-{queues - 1}" if queues > 1 else "0", loads)
        candidates = {NO_QUEUE: bench.no_queue, FLOOR: bench.accept_all}
        for count in COUNTS:
            row = f"nfsieve, {count:,} rules" if count else "nfsieve, no rules"
            candidates[row] = lambda row=row, count=count: bench.nfsieve(row, count)
        if than:
            candidates["other, 1,000 rules"] = lambda: bench.nfsieve("other, 1,000 rules", 1000, than)
        samples = rounds.run(candidates, round_count)
    columns = [column for load in loads for column in load.columns] + [MEMORY]
    bench_table.print_table(samples, columns, [NO_QUEUE, FLOOR])
    timed = {name: some for name, some in samples.items() if any(TIMES[0].name in sample for sample in some)}
    if timed:
        print("\ntime in the daemon, from the receive of a batch to its answer, over all loads:")
        bench_table.print_table(timed, TIMES, [])
