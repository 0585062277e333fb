#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The count at the end of tools/test: nothing that failed, or never ran, may look like success."""

import json
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools/lib")]

from harness import tap  # noqa: E402
from tally import Tally  # noqa: E402


def counted(programs: dict[str, str], report: str, output: str = "") -> Tally:
    """The tally of a run: results of the programs as in testlog.json, and the cases in `report`."""
    with tempfile.TemporaryDirectory() as name:
        logs = pathlib.Path(name)
        lines = [json.dumps({"name": p, "result": r, "stdout": output}) for p, r in programs.items()]
        (logs / "testlog.json").write_text("\n".join(lines), encoding="utf-8")
        (logs / "testlog.junit.xml").write_text(f"<testsuites>{report}</testsuites>", encoding="utf-8")
        tally = Tally()
        tally.add("run", logs / "testlog")
        return tally


class Counting(unittest.TestCase):
    def test_each_case_of_a_program_counts(self) -> None:
        report = """<testsuite name="nfsieve.nfsieve:unit / flow.Order"><testcase name="a" classname="Order"/>
            <testcase name="b" classname="Order"/></testsuite>
            <testsuite name="nfsieve.nfsieve:kernel / load"><testcase name="1 - c" classname="x"/></testsuite>"""
        tally = counted({"nfsieve:unit / flow": "OK", "nfsieve:kernel / load": "OK"}, report)
        self.assertEqual(tally.last_line(), "3 passed, 0 failed")

    def test_a_failed_case_is_named_and_counts_once(self) -> None:
        report = """<testsuite name="nfsieve.flow.Order"><testcase name="a" classname="Order"/>
            <testcase name="b" classname="Order"><failure message="no"/></testcase></testsuite>"""
        tally = counted({"flow": "FAIL"}, report)
        self.assertEqual(tally.last_line(), "1 passed, 1 failed")
        self.assertEqual(tally.failures, ["run: flow: Order.b"])

    def test_a_program_that_ends_before_its_cases_do_is_a_failure(self) -> None:
        report = """<testsuite name="nfsieve.tap"><testcase name="1 - a" classname="nfsieve.tap"/></testsuite>"""
        for result in ("ERROR", "TIMEOUT", "INTERRUPT"):
            with self.subTest(result):
                self.assertEqual(counted({"tap": result}, report).last_line(), "1 passed, 1 failed")

    def test_a_run_that_leaves_nothing_behind_is_a_failure(self) -> None:
        self.assertEqual(counted({}, "").last_line(), "0 passed, 1 failed")
        tally = Tally()
        tally.add("run", pathlib.Path("/nonexistent/suites-tidy"))
        self.assertEqual(tally.failures, ["run: no program of suites-tidy has run"])

    def test_a_program_without_cases_counts_by_its_own_result(self) -> None:
        report = """<testsuite name="nfsieve"><testcase name="good"/><testcase name="late"/></testsuite>"""
        tally = counted({"good": "OK", "late": "TIMEOUT"}, report)
        self.assertEqual(tally.last_line(), "1 passed, 1 failed")

    def test_skips_are_listed_with_their_reasons(self) -> None:
        report = """<testsuite name="nfsieve.tap"><testcase name="1 - a" classname="nfsieve.tap"><skipped/>
            <system-out>no queue here</system-out></testcase></testsuite>
            <testsuite name="nfsieve.g.S"><testcase name="b" classname="S"><skipped message="x.cc:3&#10;why not"/>
            </testcase></testsuite>"""
        tally = counted({"tap": "SKIP", "g": "OK"}, report)
        self.assertEqual(tally.last_line(), "0 passed, 0 failed, 2 skipped")
        self.assertEqual(tally.skips, ["run: tap: 1 - a: no queue here", "run: g: S.b: why not"])

    def test_a_program_that_skips_as_a_whole_gives_its_reason(self) -> None:
        tally = counted({"tap": "SKIP"}, '<testsuite name="nfsieve"><testcase name="tap"><skipped/></testcase></testsuite>',
                        "1..0 # SKIP needs root\n")
        self.assertEqual(tally.skips, ["run: tap: needs root"])


if __name__ == "__main__":
    tap.main(needs_kernel=False)
