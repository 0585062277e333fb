#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs test scripts under a stock Debian kernel, in one boot, and passes their TAP on.

usage: run.py --cache DIRECTORY [--timeout SECONDS] [--only PART] SCRIPT...
"""

import argparse
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import kernel_image  # noqa: E402
import machine  # noqa: E402
from harness import tap  # noqa: E402

TESTS = str(pathlib.Path(__file__).resolve().parents[1])
PASSED_ON = ("NFSIEVE", "NFSIEVE_ACCEPT_ALL")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=pathlib.Path, required=True, help="where the kernel is kept, unpacked")
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("--only", default="", help="a part of the test names to run, of a single script")
    parser.add_argument("scripts", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    tap.interrupt_on_signals()
    try:
        image = kernel_image.fetch_kernel(options.cache.resolve())
    except kernel_image.KernelUnavailable as error:
        print(f"Bail out! {error}")
        return 1
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    started = time.monotonic()
    scripts = [str(script.resolve()) for script in options.scripts]
    if options.only:
        command = ["/usr/bin/python3", "-B", scripts[0], options.only]
    else:
        command = ["/usr/bin/python3", "-B", "-m", "harness.tap", *scripts]
    try:
        with machine.Machine(image, command, environment | {"NFSIEVE_IN_VM": "1", "PYTHONPATH": TESTS}) as vm:
            vm.start()
            status = pass_on(vm, options.timeout)
    except machine.MachineFailed as error:
        tap.comment(str(error))
        print("Bail out! the virtual machine failed")
        return 1
    except KeyboardInterrupt:
        print("Bail out! interrupted")
        return 130
    tap.comment(f"vm: {time.monotonic() - started:.0f} s in all")
    return status


def pass_on(vm: machine.Machine, timeout: float) -> int:
    for line in vm.lines(timeout):
        print(line, flush=True)
        if line.startswith(machine.END_MARK):
            return int(line.removeprefix(machine.END_MARK))
    return 1


if __name__ == "__main__":
    sys.exit(main())
