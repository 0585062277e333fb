# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a script's unittest cases and prints TAP: one line a case, a header that says where and how it ran."""

import importlib
import os
import platform
import signal
import sys
import traceback
import unittest

from . import divert


def interrupt_on_signals() -> None:
    """SIGTERM unwinds like Ctrl-C, so that clean-up runs on every way out."""

    def unwind(*_args: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, unwind)


def comment(text: str) -> None:
    for line in text.rstrip().splitlines():
        print("# " + line, flush=True)


class TapResult(unittest.TestResult):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def _line(self, good: bool, test: unittest.TestCase, rest: str = "") -> None:
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {case_name(test)}{rest}", flush=True)

    def addSuccess(self, test) -> None:
        super().addSuccess(test)
        self._line(True, test)

    def addSkip(self, test, reason) -> None:
        super().addSkip(test, reason)
        self._line(True, test, f" # SKIP {reason}")

    def addFailure(self, test, err) -> None:
        super().addFailure(test, err)
        self._fail(test, err)

    def addError(self, test, err) -> None:
        super().addError(test, err)
        self._fail(test, err)

    def addSubTest(self, test, subtest, err) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._fail(subtest, err)

    def _fail(self, test, err) -> None:
        self._line(False, test)
        comment("".join(traceback.format_exception(*err)))
        tell = getattr(test, "tell_about_failure", None)
        if tell is not None:
            comment(tell())


def case_name(test: unittest.TestCase) -> str:
    """The method's name in words; a sub-test says its parameters too."""
    words = test.id().split(".")[-1] if not hasattr(test, "_subDescription") else (
        f"{test.test_case.id().split('.')[-1]} {test._subDescription()}"
    )
    words = words.removeprefix("test_").replace("_", " ").replace("#", "")
    script = test.id().split(".")[0].removeprefix("test_")
    return words if script in ("__main__", "unittest") else f"{script}: {words}"


def main(needs_kernel: bool = True) -> None:
    """The end of every test script: runs its cases, or those whose name contains an argument."""
    run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]), sys.argv[1:], needs_kernel)


def run_scripts(scripts: list[str]) -> None:
    """Runs the cases of several scripts in one process; their names then begin with the script's."""
    suite = unittest.TestSuite()
    for script in scripts:
        sys.path.insert(0, os.path.dirname(script))
        module = importlib.import_module(os.path.basename(script).removesuffix(".py"))
        suite.addTest(unittest.defaultTestLoader.loadTestsFromModule(module))
    run(suite, [], needs_kernel=True)


def run(suite: unittest.TestSuite, wanted: list[str], needs_kernel: bool) -> None:
    """Prints TAP and exits: status 1 where a case failed."""
    interrupt_on_signals()
    if needs_kernel:
        if os.geteuid() != 0:
            print("1..0 # SKIP needs root, for network namespaces", flush=True)
            return
        comment(f"kernel {platform.release()}; packets diverted by {divert.describe()}")
    if wanted:
        suite = unittest.TestSuite(case for case in flatten(suite) if any(part in case.id() for part in wanted))
    result = TapResult()
    try:
        suite.run(result)
    except KeyboardInterrupt:
        print("Bail out! interrupted", flush=True)
        sys.exit(130)
    print(f"1..{result.count}", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)


def flatten(suite: unittest.TestSuite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


if __name__ == "__main__":
    run_scripts(sys.argv[1:])
