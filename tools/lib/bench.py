# SPDX-License-Identifier: GPL-2.0-or-later
"""One table in one run: what a queue, a loop that accepts everything and nfsieve cost, under several loads; and the
engine alone against the matcher alone.

Absolute figures vary from run to run on a shared machine; the rounds of all candidates are interleaved, and what
counts are the ratios.
"""

import argparse
import os
import pathlib
import platform
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))

import bench_engine  # noqa: E402
import bench_far  # noqa: E402
import bench_inline  # noqa: E402
import bench_requests  # noqa: E402
import bench_files  # noqa: E402
import bench_web  # noqa: E402
import building  # noqa: E402
from bench_gateway import BenchFailed  # noqa: E402
from harness import divert, tap  # noqa: E402

PROGRAMS = {
    "NFSIEVE": "nfsieve",
    "NFSIEVE_ACCEPT_ALL": "tests/bench/accept_all",
    "NFSIEVE_LINK_EMULATOR": "tests/links/link_emulator",
    "NFSIEVE_PING_PONG": "tests/bench/ping_pong",
    "NFSIEVE_RAW_MATCHER": "tests/bench/raw_matcher",
}
MICRO = "tests/bench/micro/micro"
ENGINE = "engine"
COLUMNS = (*bench_inline.LOADS, ENGINE)


def columns(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in COLUMNS:
            raise argparse.ArgumentTypeError(f"there is no column {name!r}; there are {', '.join(COLUMNS)}")
    return [name for name in COLUMNS if name in names]


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help="interleaved rounds, of which the medians are shown (7; of --web and --rtt 5)")
    parser.add_argument("--seconds", type=float, help="of each load (1; with --web 2, with --rtt 5)")
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it works, not to measure")
    parser.add_argument("--only", type=columns, default=list(COLUMNS), metavar="COLUMN,...", help=", ".join(COLUMNS))
    parser.add_argument("--queues", type=int, default=2)
    parser.add_argument("--than", metavar="BINARY", help="beside it: another release of nfsieve, with 1,000 rules")
    parser.add_argument("--peer", metavar="COMMAND", help="beside it: another program, that takes the queues from 0 on by itself")
    parser.add_argument("--micro", action="store_true", help="instead: single parts of a packet's way, by Google Benchmark")
    parser.add_argument("--web", action="store_true", help="instead: web traffic and Suricata rules, the engine alone and inline")
    parser.add_argument("--depth", metavar="SIZE", help="with --web: bytes inspected in each direction of a connection (1M)")
    parser.add_argument("--rules", nargs="+", default=[], metavar="FILE", help="with --web: a whole set, beside made rules")
    parser.add_argument("--rtt", type=float, metavar="MS", help="instead: a 1 Gbit/s link with this round-trip time")
    return parser.parse_args()


def run_table(options: argparse.Namespace) -> None:
    round_count = 1 if options.quick else options.rounds or 7
    seconds = options.seconds or (0.5 if options.quick else 1)
    print(
        f"kernel {platform.release()}, {os.cpu_count()} CPUs, {options.queues} queues; diverted by {divert.describe()}\n"
        f"medians of {round_count} interleaved rounds, {seconds:g} s a load; load average before: {os.getloadavg()[0]:.2f}\n"
    )
    loads = [name for name in options.only if name != ENGINE]
    if loads:
        bench_inline.run(loads, round_count, seconds, options.queues, options.than, options.peer)
        print(
            f"\nbulk, segmented: one connection; files: {bench_files.CONNECTIONS} connections; requests, connections: "
            f"{bench_requests.CONNECTIONS} connections; CPU: of the program on the queues\n"
        )
    if ENGINE in options.only:
        if options.quick:
            bench_engine.run(1, megabytes=8, repeat=1)
        else:
            bench_engine.run(min(round_count, 5))


def run_micro(options: argparse.Namespace) -> None:
    """Medians of repetitions, as Google Benchmark shows them."""
    # It is no target of a build that was configured before the library was there.
    building.run(["meson", "setup", "--reconfigure", str(building.RELEASE.directory), str(building.ROOT)], True, None)
    building.prepare(building.RELEASE, MICRO, quiet=True)
    repetitions = ["--benchmark_report_aggregates_only=true", f"--benchmark_repetitions={options.rounds or 5}"]
    subprocess.run([building.RELEASE.directory / MICRO, *([] if options.quick else repetitions)], check=True)


def run(options: argparse.Namespace) -> None:
    if options.micro:
        run_micro(options)
        return
    if options.web:
        bench_web.run(options.rules, options.rounds or 5, options.seconds or 2, options.depth, options.peer)
    elif options.rtt is not None:
        bench_far.run(options.rtt, options.rounds or 5, options.seconds or 5, options.queues)
    else:
        started = time.monotonic()
        run_table(options)
        print(f"{time.monotonic() - started:.0f} s")


def main() -> int:
    options = read_options()
    tap.interrupt_on_signals()
    try:
        building.prepare(building.RELEASE, *PROGRAMS.values(), quiet=True)
        for variable, program in PROGRAMS.items():
            os.environ.setdefault(variable, str(building.RELEASE.directory / program))
        run(options)
        return 0
    except building.BuildFailed as error:
        print(f"The build failed: {error}")
        return 1
    except BenchFailed as error:
        print(f"\nThe measurement is void: {error}")
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; everything is cleaned up.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
