# SPDX-License-Identifier: GPL-2.0-or-later
"""All loads through a gateway, with different programs on its queues: one table."""

import contextlib
import functools
import pathlib
import tempfile
from collections.abc import Callable

import bench_table
import rounds
from bench_bulk import Bulk, Segmented
from bench_files import Files
from bench_gateway import BenchFailed, Gateway, Program, accept_all, nfsieve, no_program
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


Start = Callable[[Gateway], contextlib.AbstractContextManager[Program]]


class Stage:
    """Loads, and the two gateways that they are measured with."""

    def __init__(self, stack: contextlib.ExitStack, directory: pathlib.Path, queues: int, offload: bool,
                 names: list[str], seconds: float) -> None:  # fmt: skip
        place = directory / ("offload" if offload else "segments")
        place.mkdir()
        place.chmod(0o755)
        self.plain = Gateway(stack, place / "plain", 0, offload)
        self.queued = Gateway(stack, place / "queued", queues, offload)
        self._loads = [LOADS[name]([self.plain, self.queued], seconds) for name in names]

    def measure(self, row: str, gateway: Gateway, start: Start) -> Sample:
        with start(gateway) as program:
            sample: Sample = {}
            for load in self._loads:
                try:
                    sample |= load.measure(gateway, program)
                except BenchFailed as error:
                    raise BenchFailed(f"{row}, {load.name}: {error}") from error
            if program.process is not None:
                sample[MEMORY.name] = program.peak_memory()
            return sample | times_in_daemon(program)


def measure(row: str, stages: list[Stage], start: Start | None) -> Sample:
    """One program after the other, for its queues lie in a namespace. What each stage tells of the program is taken from
    the first, apart from its memory. `start` None: no queue."""
    samples = [stage.measure(row, stage.queued if start else stage.plain, start or no_program) for stage in stages]
    memory = {MEMORY.name: max(sample[MEMORY.name] for sample in samples)} if start else {}
    return functools.reduce(lambda all_, one: one | all_, samples) | memory


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
        by_offload = {offload: [name for name in only if LOADS[name].offload is offload] for offload in (True, False)}
        stages = [Stage(stack, directory, queues, offload, names, seconds) for offload, names in by_offload.items() if names]
        numbers = f"0-{queues - 1}" if queues > 1 else "0"
        starts: dict[str, Start | None] = {NO_QUEUE: None, FLOOR: lambda gateway: accept_all(gateway, numbers)}

        def add(row: str, count: int, binary: str | None = None) -> None:
            place, rules = directory / f"rules-{len(starts)}", made_rules(count)
            starts[row] = lambda gateway: nfsieve(gateway, place, rules, numbers, binary)

        for count in COUNTS:
            add(f"nfsieve, {count:,} rules" if count else "nfsieve, no rules", count)
        if than:
            add("other, 1,000 rules", 1000, than)
        candidates = {row: functools.partial(measure, row, stages, start) for row, start in starts.items()}
        samples = rounds.run(candidates, round_count)
    columns = [column for name in only for column in LOADS[name].columns] + [MEMORY]
    bench_table.print_table(samples, columns, [NO_QUEUE, FLOOR])
    timed = {name: some for name, some in samples.items() if any(TIMES[0].name in sample for sample in some)}
    if timed:
        print("\ntime in the daemon, from the receive of a batch to its answer, over all loads with offloads:")
        bench_table.print_table(timed, TIMES, [])
