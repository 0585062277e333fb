# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds, runs the meson suites, and counts every single case of them."""

import argparse
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import time

import building
from building import Build
from tally import Tally, read_programs

ON_RELEASE = ("unit", "replay", "check", "kernel", "vm")
ON_SANITIZE = ("unit", "replay", "fuzz", "memory")
ON_THREADS = ("threads",)
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
    standard error alone."""
    for name, test in read_programs(logs / "testlog.json").items():
        if test["result"] not in ("FAIL", "ERROR", "TIMEOUT") or "stdout" not in test:
            continue
        _, found, rest = ("\n" + test["stdout"]).partition("\nnot ok ")
        print(f"-- {name}:\n{f'not ok {rest[:6000]}' if found else test['stdout'][-6000:]}", flush=True)


def run_suites(build: Build, suites: list[str], tally: Tally, label: str, wrapper: tuple[str, ...] = ()) -> None:
    logs = build.directory / "meson-logs"
    for old in ("testlog.junit.xml", "testlog.json", "testlog.txt"):
        (logs / old).unlink(missing_ok=True)
    chosen = [argument for suite in suites for argument in ("--suite", suite)]
    started = time.monotonic()
    print(f"\n== {label}: {' '.join(suites)}", flush=True)
    # Limits are for what hangs: sanitizers are slow, and so is a machine that builds beside.
    patience = ("--timeout-multiplier", "4")
    subprocess.run(
        [*wrapper, "meson", "test", "-C", str(build.directory), "--no-rebuild", "--print-errorlogs", *patience, *chosen],
        check=False, stdin=subprocess.DEVNULL,
    )
    show_failures(logs)
    print(f"== {label}: {time.monotonic() - started:.0f} s", flush=True)
    tally.add(label, logs)
    tally.failures += [f"{label}: the suite {suite} has no tests" for suite in empty_suites(build, suites)]
    kept = logs / f"suites-{'-'.join(suites)}"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for log in logs.glob("testlog.*"):
        shutil.copy(log, kept)


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
            if on_release:
                run_suites(building.RELEASE, on_release, tally, "release")
            if sanitize:
                builds[0].result()
                run_suites(building.SANITIZE, list(ON_SANITIZE), tally, "sanitize")
                builds[1].result()
                run_suites(building.THREADS, list(ON_THREADS), tally, "threads", FIXED_ADDRESSES)
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
