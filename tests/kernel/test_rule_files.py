#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Files of many rules: some of them broken, and what was compiled once kept for the next start."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import json  # noqa: E402

from harness import tap  # noqa: E402
from harness.case import EVIL, request  # noqa: E402
from harness.daemon import Daemon, nfsieve_binary  # noqa: E402
from harness.made import made_signatures  # noqa: E402
from harness.signatures import SignatureCase, signature  # noqa: E402


def no_path(path: str, sid: int, more: str = "") -> str:
    return signature("drop", "http", "to_server", f'http.uri; content:"{path}"; {more}', sid)


FIRST, LAST, LATER = no_path("/first", 1), no_path("/last", 2), no_path("/later", 3)
UNKNOWN_KEYWORD = no_path("/x", 11, 'colour:"red";')
BAD_EXPRESSION = no_path("/x", 12, 'pcre:"/(a/";')
SKIP = {"on_bad_rule": "skip"}


class RuleFileCase(SignatureCase):
    def assert_judged(self, blocked: tuple[str, ...], passing: tuple[str, ...] = ("/harmless",)) -> None:
        server = self.web_server()
        for path in passing:
            self.assert_answered(server, request(path))
        attacks = tuple(request(path) for path in blocked)
        self.assert_none_arrives(server, *((attack, 0) for attack in attacks), secrets=attacks)

    def ask(self, daemon: Daemon, *arguments: str) -> str:
        """What `nfsieve status` prints."""
        command = (nfsieve_binary(), "status", "--socket", str(daemon.control_socket), *arguments)
        return self.topology.gateway.run(*command).stdout


class BrokenRules(RuleFileCase):
    def test_they_are_left_out_where_the_configuration_says_so(self) -> None:
        daemon = self.signatures(FIRST, UNKNOWN_KEYWORD, LAST, BAD_EXPRESSION, FIRST, configuration=SKIP)
        self.assertRegex(daemon.log(), r"local\.rules:2:\d+: rule 11: .*colour")
        self.assertRegex(daemon.log(), r"local\.rules:4:\d+: rule 12: ")
        self.assertRegex(daemon.log(), r"local\.rules:5:\d+: rule 1: another rule has this sid")
        self.assert_judged(("/first", "/last"))
        status = json.loads(self.ask(daemon, "--json"))
        self.assertEqual((status["rules"], status["rules_skipped"]), (2, 3))
        self.assertRegex(self.ask(daemon), r"rules +2, generation 1; 3 broken left out")

    def test_json_rules_are_left_out_alike(self) -> None:
        uri = {"http.uri": {"contains": "/first"}}
        good = {"id": "good", "action": "drop", "direction": "to_server", "match": uri}
        broken = {
            "does-not-compile": {"action": "drop", "match": {"payload": {"regex": "(a"}}},
            "fails-its-test": {"action": "drop", "match": uri, "tests": {"match": ["nothing like it"]}},
        }
        last = {"id": "last", "action": "drop", "match": {"payload": {"contains": EVIL.decode()}}}
        for name, rule in broken.items():
            with self.subTest(name):
                daemon = self.daemon({"rules": [good, {"id": name, **rule}, last]}, configuration=SKIP)
                self.assert_judged(("/first", "/" + EVIL.decode()))
                self.assertRegex(daemon.log(), rf"rules\.json:\d+:\d+: rule {name}: ")
                status = daemon.status()
                self.assertEqual((status["rules"], status["rules_skipped"]), (2, 1))
                daemon.stop()
                daemon.log_file.unlink()  # what it says decides when the next one is ready

    def test_a_json_rule_that_is_left_out_is_not_in_force_in_part(self) -> None:
        for name, broken in {"set": {"to": {"ports": "@undefined"}}, "key": {"directoin": "to_client"}}.items():
            with self.subTest(name):
                rule = {"id": "broken", "action": "drop", "match": {"payload": {"contains": "harmless"}}} | broken
                daemon = self.daemon({"rules": [rule]}, configuration=SKIP)
                self.assert_passes(self.server(), b"harmless")
                status = daemon.status()
                self.assertEqual((status["rules"], status["rules_skipped"]), (0, 1))
                daemon.stop()
                daemon.log_file.unlink()

    def test_json_rules_with_mistakes_of_several_kinds_are_left_out_together(self) -> None:
        daemon = self.daemon(
            {
                "rules": [
                    {"id": "good", "action": "drop", "match": {"payload": {"contains": EVIL.decode()}}},
                    {"id": "no-regex", "action": "drop", "match": {"payload": {"regex": "(a"}}},
                    {
                        "id": "fails-its-test", "action": "drop", "match": {"payload": {"contains": "harmless"}},
                        "tests": {"match": ["y"]},
                    },
                ]
            },
            configuration=SKIP,
        )  # fmt: skip
        self.assert_judged(("/" + EVIL.decode(),))
        status = daemon.status()
        self.assertEqual((status["rules"], status["rules_skipped"]), (1, 2))

    def test_they_keep_the_daemon_from_starting_where_it_does_not(self) -> None:
        file = self.directory / "local.rules"
        file.write_text("\n".join((FIRST, UNKNOWN_KEYWORD, BAD_EXPRESSION)), encoding="utf-8")
        daemon = Daemon(self.topology.gateway, self.directory, file)
        self.addCleanup(self._finish, daemon)
        daemon.launch()
        self.assertEqual(daemon.process.wait(15), 1)
        self.assertNotIn("ready", daemon.log())
        self.assertRegex(daemon.log(), r"local\.rules:2:\d+: rule 11: ")
        self.assertRegex(daemon.log(), r"local\.rules:3:\d+: rule 12: ")

    def test_a_reload_with_them_is_refused_and_names_them_all(self) -> None:
        daemon = self.signatures(FIRST, LAST)
        log = daemon.reload("\n".join((LATER, UNKNOWN_KEYWORD, LAST, BAD_EXPRESSION)), ("reload refused",))
        self.assertRegex(log, r"local\.rules:2:\d+: rule 11: ")
        self.assertRegex(log, r"local\.rules:4:\d+: rule 12: ")
        self.assertIn("the rules from before stay in force", log)
        self.assert_judged(("/first", "/last"), ("/later",))
        status = daemon.status()
        self.assertEqual((status["rules"], status["generation"], status["well"]), (2, 1, False))
        self.assertRegex(status["reloads"]["error"], r"local\.rules:2:\d+: rule 11: ")
        daemon.reload("\n".join((LATER, LAST)), ("reloaded",))
        self.assert_judged(("/later", "/last"), ("/first",))
        self.assertTrue(daemon.status()["well"])

    def test_a_reload_leaves_them_out_once_the_configuration_says_so(self) -> None:
        daemon = self.signatures(FIRST)
        text = daemon.config_file.read_text(encoding="utf-8")
        daemon.config_file.write_text(json.dumps(json.loads(text) | SKIP), encoding="utf-8")
        daemon.reload("\n".join((UNKNOWN_KEYWORD, LATER)), ("reloaded",))
        self.assert_judged(("/later",), ("/first",))
        self.assertEqual(daemon.status()["rules_skipped"], 1)


class Cache(RuleFileCase):
    """Compiled databases: one file each, replaced when it is written, so that its inode then is another."""

    def setUp(self) -> None:
        super().setUp()
        self.cache = self.directory / "cache"
        self.file = self.directory / "local.rules"

    def start(self, rules: str, blocked: tuple[str, ...] = ()) -> dict[str, tuple[int, int]]:
        """A daemon with these rules judges and ends; returns the inode and size of each file in the cache."""
        self.file.write_text(rules, encoding="utf-8")
        daemon = self.daemon(self.file, configuration={"cache": str(self.cache)})
        if blocked:
            self.assert_judged(blocked)
        daemon.stop()
        daemon.log_file.unlink()
        return {file.name: (file.stat().st_ino, file.stat().st_size) for file in self.cache.iterdir()}

    def test_a_second_start_compiles_nothing_again_and_judges_alike(self) -> None:
        rules = made_signatures(3000) + no_path("/first", 100_000)
        made = self.start(rules)
        self.assertTrue(made)
        self.assertEqual(self.start(rules, ("/first",)), made)
        more = self.start(rules + "\n" + no_path("/later", 100_001), ("/first", "/later"))
        self.assertEqual({name: kept for name, kept in more.items() if name in made}, made)
        self.assertGreater(len(more), len(made))

    def test_a_folder_that_cannot_be_written_is_said_and_done_without(self) -> None:
        self.file.write_text(FIRST, encoding="utf-8")
        daemon = self.daemon(self.file, configuration={"cache": str(self.file / "cache")})
        self.assertRegex(daemon.log(), r"cache .*local\.rules/cache cannot be written to \(Not a directory\)")
        self.assert_judged(("/first",))

    def test_a_damaged_file_is_compiled_anew(self) -> None:
        rules = FIRST + "\n" + LAST
        made = self.start(rules)
        for damage in (self.cut_short, self.change_a_byte):
            with self.subTest(damage.__name__):
                for name in made:
                    damage(self.cache / name)
                again = self.start(rules, ("/first", "/last"))
                self.assertEqual(again.keys(), made.keys())
                for name, (inode, size) in made.items():
                    self.assertNotEqual(again[name][0], inode)
                    self.assertEqual(again[name][1], size)
                made = again

    @staticmethod
    def cut_short(file: pathlib.Path) -> None:
        file.write_bytes(file.read_bytes()[:-100])

    @staticmethod
    def change_a_byte(file: pathlib.Path) -> None:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)


if __name__ == "__main__":
    tap.main()
