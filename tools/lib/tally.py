# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts single test cases from what `meson test` leaves behind.

The junit report has one element a case for gtest and TAP programs, but says nothing of a program that ran out of
time or ended before its cases did: those are taken from testlog.json.
"""

import json
import pathlib
import xml.etree.ElementTree as xml

PROJECT = "nfsieve"
GOOD_RESULTS = ("OK", "EXPECTEDFAIL")
SKIP_RESULT = "SKIP"


class Tally:
    def __init__(self) -> None:
        self.passed = 0
        self.failures: list[str] = []
        self.skips: list[str] = []

    def add(self, label: str, logs: pathlib.Path) -> None:
        """Adds one run of `meson test`, whose logs are `logs` with .json and .junit.xml behind it."""
        programs = read_programs(logs)
        if not programs:
            self.failures.append(f"{label}: no program of {logs.name} has run")
        with_cases, with_failed_case = set(), set()
        report = logs.with_name(logs.name + ".junit.xml")
        for suite in xml.parse(report).getroot().iter("testsuite") if report.exists() else ():
            program = program_of(suite.get("name", ""), programs)
            if program is None:
                continue  # programs without cases of their own: counted below
            with_cases.add(program)
            for case in suite.findall("testcase"):
                if self._add_case(f"{label}: {short(program)}: {case_name(suite, case)}", case):
                    with_failed_case.add(program)
        for program, test in programs.items():
            self._add_program(f"{label}: {short(program)}", test, program in with_cases, program in with_failed_case)

    def _add_case(self, name: str, case: xml.Element) -> bool:
        """True where the case failed."""
        if case.find("failure") is not None or case.find("error") is not None:
            self.failures.append(name)
            return True
        if case.find("skipped") is not None or case.get("status") == "notrun":
            self.skips.append(f"{name}: {skip_reason(case)}")
        else:
            self.passed += 1
        return False

    def _add_program(self, name: str, test: dict, has_cases: bool, has_failed_case: bool) -> None:
        if test["result"] in GOOD_RESULTS:
            self.passed += 0 if has_cases else 1
        elif test["result"] == SKIP_RESULT:
            if not has_cases:
                self.skips.append(f"{name}: {skip_all_reason(test.get('stdout', ''))}")
        elif not has_failed_case:
            self.failures.append(f"{name}: {test['result'].lower()} as a whole")

    def last_line(self) -> str:
        text = f"{self.passed} passed, {len(self.failures)} failed"
        return text + (f", {len(self.skips)} skipped" if self.skips else "")


def read_programs(logs: pathlib.Path) -> dict[str, dict]:
    """Test programs of one run by their names, as meson writes them: "flow", or "nfsieve:unit / flow" in a run of
    several suites."""
    path = logs.with_name(logs.name + ".json")
    if not path.exists():
        return {}
    tests = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {test["name"]: test for test in tests}


def short(program: str) -> str:
    """"nfsieve:unit / flow" without what is the same for all of a run."""
    return program.split(" / ")[-1].split(":")[-1]


def program_of(suite: str, programs: dict[str, dict]) -> str | None:
    """Meson names a report's element project.program or, for gtest, project.program.suite."""
    fitting = [p for p in programs if suite == f"{PROJECT}.{p}" or suite.startswith(f"{PROJECT}.{p}.")]
    return max(fitting, key=len, default=None)


def case_name(suite: xml.Element, case: xml.Element) -> str:
    inner = case.get("classname", "")
    return case.get("name", "") if inner == suite.get("name") else f"{inner}.{case.get('name')}"


def skip_reason(case: xml.Element) -> str:
    skipped = case.find("skipped")
    told = (skipped.get("message") if skipped is not None else None) or case.findtext("system-out")
    if not told:
        return "disabled" if case.get("status") == "notrun" else "no reason given"
    return told.strip().splitlines()[-1]


def skip_all_reason(output: str) -> str:
    _, found, reason = output.partition("# SKIP ")
    return reason.strip().splitlines()[0] if found and reason.strip() else "no reason given"
