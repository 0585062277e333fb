# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds, runs the meson suites, and counts every single case of them."""

import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

import building
from building import Build
from tally import Tally, read_programs

ON_RELEASE = ("unit", "replay", "check", "kernel", "vm")
ON_SANITIZE = ("unit", "replay", "fuzz", "memory")
ON_THREADS = ("threads",)
# Of `check`: wants processors alone, and long. It runs once the sanitizers' builds are made, where others wait.
BESIDE = "tidy"
# ThreadSanitizer of clang 14 ends at once where the kernel spreads addresses further than it knows of.
FIXED_ADDRESSES = ("setarch", "-R")
SANITIZERS = ((building.SANITIZE, ()), (building.THREADS, building.THREADS_TARGETS))
BUDGET_MINUTES = 20


def empty_suites(build: Build, suites: list[str]) -> list[str]:
    """Those of `suites` in which no test is registered: asking for them must not look like success."""
    shown = subprocess.run(
        ["meson", "introspect", "--tests", str(build.directory)], check=True, capture_output=True, text=True
    )
    registered = {suite.split(":")[-1] for test in json.loads(shown.stdout) for suite in test["suite"]}
    return [suite for suite in suites if suite not in registered]


def show_failures(logs: pathlib.Path) -> None:
    """What failed TAP programs wrote about it, and where no case says so the last lines of all: meson shows their
    standard error alone. `logs`: as read_programs() takes them."""
    for name, test in read_programs(logs).items():
        if test["result"] not in ("FAIL", "ERROR", "TIMEOUT") or "stdout" not in test:
            continue
        _, found, rest = ("\n" + test["stdout"]).partition("\nnot ok ")
        print(f"-- {name}:\n{f'not ok {rest[:6000]}' if found else test['stdout'][-6000:]}", flush=True)


def run_meson(build: Build, suites: list[str], wrapper: tuple[str, ...], quiet: bool) -> pathlib.Path:
    """Where the logs are, as Tally.add() takes them. `quiet`: shows output only once it is there."""
    name = f"suites-{'-'.join(suites)}"
    for old in (build.directory / "meson-logs").glob(f"{name}.*"):
        old.unlink()
    chosen = [argument for suite in suites for argument in ("--suite", suite)]
    command = [
        *wrapper, "meson", "test", "-C", str(build.directory), "--no-rebuild", "--print-errorlogs", "--logbase", name,
        # Limits are for what hangs: sanitizers are slow, and so is a machine that builds beside.
        "--timeout-multiplier", "4", *chosen, *(() if BESIDE in suites else ("--no-suite", BESIDE)),
    ]  # fmt: skip
    run = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, text=True, errors="replace",
        stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT if quiet else None,
    )  # fmt: skip
    if quiet:
        print(f"\n-- beside the others: {' '.join(suites)}\n{run.stdout}", end="", flush=True)
    return build.directory / "meson-logs" / name


def run_suites(build: Build, suites: list[str], tally: Tally, label: str, wrapper: tuple[str, ...] = ()) -> None:
    started = time.monotonic()
    print(f"\n== {label}: {' '.join(suites)}", flush=True)
    logs = run_meson(build, suites, wrapper, quiet=False)
    show_failures(logs)
    print(f"== {label}: {time.monotonic() - started:.0f} s", flush=True)
    tally.add(label, logs)
    tally.failures += [f"{label}: the suite {suite} has no tests" for suite in empty_suites(build, suites)]


def prepare_beside(build: Build, targets: tuple[str, ...]) -> None:
    started = time.monotonic()
    building.prepare(build, *targets, quiet=True, beside=True)
    print(f"-- {build.directory.name} is built: {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/test", description="Builds, and runs every test or the named suites.")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join((*ON_RELEASE, 'sanitize'))}")
    chosen = parser.parse_args().suites
    unknown = [suite for suite in chosen if suite not in (*ON_RELEASE, "sanitize")]
    if unknown:
        parser.error(f"unknown suite {unknown[0]}")
    started = time.monotonic()
    tally = Tally()
    on_release = [suite for suite in ON_RELEASE if not chosen or suite in chosen]
    sanitize = not chosen or "sanitize" in chosen
    try:
        if on_release:
            building.prepare(building.RELEASE)
        with concurrent.futures.ThreadPoolExecutor(1) as beside:
            # The suites `kernel` and `vm` wait for most of their time.
            builds = [beside.submit(prepare_beside, *it) for it in SANITIZERS] if sanitize else []
            tidy = None
            if "check" in on_release:
                tidy = beside.submit(run_meson, building.RELEASE, [BESIDE], building.BESIDE, quiet=True)
            if on_release:
                run_suites(building.RELEASE, on_release, tally, "release")
            if sanitize:
                builds[0].result()
                run_suites(building.SANITIZE, list(ON_SANITIZE), tally, "sanitize")
                builds[1].result()
                run_suites(building.THREADS, list(ON_THREADS), tally, "threads", FIXED_ADDRESSES)
            if tidy:
                logs = tidy.result()
                show_failures(logs)
                tally.add("release", logs)
    except building.BuildFailed as error:
        tally.failures.append(f"build: {error}")
    minutes = (time.monotonic() - started) / 60
    print(f"\n{minutes:.1f} minutes of {BUDGET_MINUTES}")
    for skip in tally.skips:
        print(f"skipped: {skip}")
    for failure in tally.failures:
        print(f"failed: {failure}")
    if tally.passed == 0 and not tally.failures:
        tally.failures.append("nothing ran")
        print("failed: no test ran at all")
    print(tally.last_line())
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
