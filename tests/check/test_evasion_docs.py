#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/evasion.md says what the catalogue of evasions says, and every entry of it says something."""

import pathlib
import sys
import unittest
from collections import Counter

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/evasion")]

from catalogue import DECOY, ENTRIES, FAMILIES, HARMLESS, PATTERN, write_docs  # noqa: E402
from catalogue.receivers import RECEIVERS  # noqa: E402
from harness import tap  # noqa: E402


class Page(unittest.TestCase):
    def test_it_is_what_the_generator_writes(self) -> None:
        self.assertEqual(write_docs.PAGE.read_text(encoding="utf-8"), write_docs.page(),
                         "run tests/evasion/catalogue/write_docs.py")

    def test_each_row_has_four_columns(self) -> None:
        for entry in ENTRIES:
            self.assertEqual(write_docs.row(entry).replace("\\|", "").count("|"), 5, entry.name)


class Entries(unittest.TestCase):
    def test_names_are_stable_words_and_occur_once(self) -> None:
        for name, count in Counter(entry.name for entry in ENTRIES).items():
            self.assertRegex(name, "^[a-z0-9-]+$")
            self.assertEqual(count, 1, name)

    def test_each_says_what_the_attacker_does(self) -> None:
        self.assertEqual([entry.name for entry in ENTRIES if not entry.technique], [])

    def test_each_is_sent_to_a_receiver_that_exists(self) -> None:
        self.assertEqual([entry.name for entry in ENTRIES if entry.receiver not in RECEIVERS], [])

    def test_each_family_has_attacks_that_work_on_linux_and_twins(self) -> None:
        for family in FAMILIES:
            self.assertTrue(any(entry.linux == PATTERN for entry in family.entries), family.name)
            self.assertTrue(any(not entry.no_twin for entry in family.entries), family.name)

    def test_harmless_texts_do_not_hold_the_pattern(self) -> None:
        self.assertNotIn(PATTERN, HARMLESS * 3)
        self.assertNotIn(PATTERN, DECOY * 3)


if __name__ == "__main__":
    tap.main(needs_kernel=False)
