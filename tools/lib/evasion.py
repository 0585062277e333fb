# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds, then runs evasion_replay and tests/evasion/test_real.py over many seeds; prints the seeds and the totals."""

import argparse
import os
import subprocess
import sys
import time

import building
from building import RELEASE, ROOT

PROGRAMS = RELEASE.directory / "tests/evasion"


def replay(count: int, seed: int) -> bool:
    print(f"== {count} cases of each kind against the model, from seed {seed}", flush=True)
    command = [str(PROGRAMS / "evasion_replay"), "--count", str(count), "--seed", str(seed)]
    return subprocess.run([*command, "--threads", str(os.cpu_count() or 1)], check=False).returncode == 0


def real(count: int, seed: int) -> bool:
    print(f"== {count} cases of each kind against Linux, from seed {seed}", flush=True)
    environment = os.environ | {
        "EVASION_COUNT": str(count),
        "EVASION_SEED": str(seed),
        "NFSIEVE": str(RELEASE.directory / "nfsieve"),
        "NFSIEVE_EVASION_REAL": str(PROGRAMS / "evasion_real"),
    }
    script = ROOT / "tests/evasion/test_real.py"
    return subprocess.run(["/usr/bin/python3", "-B", str(script)], check=False, env=environment).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/evasion", description=__doc__)
    parser.add_argument("--replay", type=int, default=1_000_000, metavar="N", help="cases of each kind in process")
    parser.add_argument("--real", type=int, default=20_000, metavar="N", help="cases of each kind against Linux")
    parser.add_argument("--seed", type=int, default=int(time.time()), metavar="S", help="the first (default: the time)")
    options = parser.parse_args()
    if options.real > 0 and os.geteuid() != 0:
        parser.error("real receivers need root, for network namespaces (or: --real 0)")
    building.prepare(
        RELEASE, "nfsieve", "tests/evasion/evasion_replay", "tests/evasion/evasion_real", quiet=True
    )
    results = []
    if options.replay > 0:
        results.append(replay(options.replay, options.seed))
    if options.real > 0:
        results.append(real(options.real, options.seed))
    print("no evasion, and no benign stream harmed" if all(results) else "FAILED", flush=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
