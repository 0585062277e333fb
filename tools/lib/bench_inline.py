# SPDX-License-Identifier: GPL-2.0-or-later
"""All loads through a gateway, with different programs on its queues: one table."""

import contextlib
import functools
import os
import pathlib
import tempfile
from collections.abc import Callable

import bench_table
import rounds
from bench_bulk import Bulk, Segmented
from bench_files import Files
from bench_gateway import BenchFailed, Gateway, Program, accept_all, nfsieve, no_program, peer_program
from bench_latency import Latency
from bench_requests import Connections, Requests
from bench_table import Column, Sample
from harness.made import made_rules

LOADS = {load.name: load for load in (Bulk, Files, Requests, Connections, Segmented, Latency)}
MEMORY = Column("memory", "MiB", 1)
COUNTS = (0, 100, 1000, 10000)
NO_QUEUE, STATEFUL, FLOOR = "no queue", "stateful firewall", "accept everything"
NO_RULES = "nfsieve, no rules"
# Of the packets of a load, those that came to the queues; what nothing can match hardly ever does.
QUEUED = [Column(name, "%", 2) for name in ("bulk", "files", "requests", "connections", "segmented")]
MOST_QUEUED = {"bulk": 1.0, "files": 5.0, "requests": 5.0, "segmented": 1.0}
# Of the packets' time in the daemon, as `nfsieve status --json` has it.
TIMES = [Column(name, "µs", 1) for name in ("p50", "p90", "p99", "p99.9", "max")]


Start = Callable[[Gateway], contextlib.AbstractContextManager[Program]]


class Stage:
    """Loads, and the gateways that they are measured with."""

    def __init__(self, stack: contextlib.ExitStack, directory: pathlib.Path, queues: int, offload: bool,
                 names: list[str], seconds: float) -> None:  # fmt: skip
        place = directory / ("offload" if offload else "segments")
        place.mkdir()
        place.chmod(0o755)
        self._queued = Gateway(stack, place / "queued", offload, queues=queues)
        self._others = {
            NO_QUEUE: Gateway(stack, place / "plain", offload),
            STATEFUL: Gateway(stack, place / "stateful", offload, stateful=True),
        }
        self._loads = [LOADS[name]([self._queued, *self._others.values()], seconds) for name in names]

    def measure(self, row: str, start: Start) -> Sample:
        gateway = self._others.get(row, self._queued)
        with start(gateway) as program:
            sample: Sample = {}
            for load in self._loads:
                try:
                    before = gateway.packets() if row == NO_RULES else None
                    sample |= load.measure(gateway, program)
                    if before:
                        sample[f"queued {load.name}"] = share_queued(load.name, before, gateway.packets())
                except BenchFailed as error:
                    raise BenchFailed(f"{row}, {load.name}: {error}") from error
            if program.process is not None:
                sample[MEMORY.name] = program.peak_memory()
            return sample | times_in_daemon(program)


def measure(row: str, stages: list[Stage], start: Start) -> Sample:
    """One program after the other, for its queues lie in a namespace. What each stage tells of the program is taken from
    the first, apart from its memory."""
    samples = [stage.measure(row, start) for stage in stages]
    memory = [sample[MEMORY.name] for sample in samples if MEMORY.name in sample]
    return functools.reduce(lambda all_, one: one | all_, samples) | ({MEMORY.name: max(memory)} if memory else {})


def share_queued(load: str, before: tuple[int, int], after: tuple[int, int]) -> float:
    """Of the packets that came by in between, in percent."""
    came, passed = (end - start for start, end in zip(before, after))
    share = 100 * came / (came + passed)
    if share > MOST_QUEUED.get(load, 100):
        raise BenchFailed(f"{share:.1f} % of the packets came to the queue, though no rule can match")
    return share


def times_in_daemon(program: Program) -> Sample:
    if program.daemon is None or not program.daemon.control_socket.exists():
        return {}
    times = program.daemon.status().get("time_in_daemon", {})
    return {column.name: times[column.name] for column in TIMES if column.name in times}


def run(only: list[str], round_count: int, seconds: float, queues: int, than: str | None, peer: str | None) -> None:
    """Measures and prints the table. `only` names loads; `than` is another release, with 1,000 rules; `peer` another
    program's command."""
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nfsieve-bench-")))
        directory.chmod(0o755)
        by_offload = {offload: [name for name in only if LOADS[name].offload is offload] for offload in (True, False)}
        stages = [Stage(stack, directory, queues, offload, names, seconds) for offload, names in by_offload.items() if names]
        numbers = f"0-{queues - 1}" if queues > 1 else "0"
        starts: dict[str, Start] = {
            NO_QUEUE: no_program, STATEFUL: no_program, FLOOR: lambda gateway: accept_all(gateway, numbers)
        }

        def add(row: str, count: int, binary: str | None = None, settings: dict | None = None) -> None:
            place, rules = directory / f"rules-{len(starts)}", made_rules(count)
            starts[row] = lambda gateway: nfsieve(gateway, place, rules, numbers, binary, settings)

        for count in COUNTS:
            add(f"nfsieve, {count:,} rules" if count else NO_RULES, count)
        cpus = sorted(os.sched_getaffinity(0))[:queues]  # of fewer, each has several queues
        add("1,000 rules, workers bound", 1000, settings={"affinity": cpus})
        if than:
            add("other, 1,000 rules", 1000, than)
        if peer:
            starts["peer"] = lambda gateway: peer_program(gateway, peer)
        candidates = {row: functools.partial(measure, row, stages, start) for row, start in starts.items()}
        samples = rounds.run(candidates, round_count)
    columns = [column for name in only for column in LOADS[name].columns] + [MEMORY]
    bench_table.print_table(samples, columns, [NO_QUEUE, STATEFUL, FLOOR])
    if done := [column for column in QUEUED if column.name in only]:
        print("\nof the packets of connections that no rule can match, these came to the queues:")
        shares = [{column.name: sample[f"queued {column.name}"] for column in done} for sample in samples[NO_RULES]]
        bench_table.print_table({NO_RULES: shares}, done, [])
    timed = {name: some for name, some in samples.items() if any(TIMES[0].name in sample for sample in some)}
    if timed:
        print("\ntime in the daemon, from the receive of a batch to its answer, over all loads with offloads:")
        bench_table.print_table(timed, TIMES, [])
