#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGHUP: what a good rule file changes, what a bad one does not, and what flows in progress keep."""

import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import tap  # noqa: E402
from harness.case import DROP_EVIL, EVIL, NO_RULES, GatewayCase  # noqa: E402
from harness.traffic import wait_until  # noqa: E402

LATER = b"LATERPATTERN"
DROP_BOTH = {
    "rules": [
        *DROP_EVIL["rules"],
        {"id": "later", "action": "drop", "match": {"payload": {"contains": LATER.decode()}}},
    ]
}


class Reload(GatewayCase):
    def test_what_passed_is_blocked_after_the_rule_file_was_edited_and_reloaded(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        self.assert_passes(self.server(), LATER)
        daemon.reload(DROP_BOTH, ("reloaded",))
        self.assert_blocked(self.server(), LATER, LATER)
        self.assert_blocked(self.server(), EVIL, EVIL)

    def test_what_was_blocked_passes_after_the_rule_is_gone(self) -> None:
        daemon = self.daemon(DROP_BOTH)
        self.assert_blocked(self.server(), LATER, LATER)
        daemon.reload(DROP_EVIL, ("reloaded",))
        self.assert_passes(self.server(), LATER)

    def test_a_bad_rule_file_leaves_the_old_rules_in_force_and_the_log_says_why(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        bad = {
            "not JSON": '{"rules": [',
            "an empty file": "",
            "an unknown action": '{"rules": [{"id": "x", "action": "explode", "match": {"payload": {"contains": "y"}}}]}',
            "an unknown key": '{"rules": [{"id": "x", "action": "drop", "mach": {}}]}',
            "a bad regex": '{"rules": [{"id": "x", "action": "drop", "match": {"payload": {"regex": "(a"}}}]}',
        }
        for name, text in bad.items():
            with self.subTest(name):
                log = daemon.reload(text, ("refused",))
                self.assertIn("rules.json:", log)
                self.assert_blocked(self.server(), EVIL, EVIL)
                self.assert_passes(self.server(), LATER)
        daemon.reload(DROP_BOTH, ("reloaded",))
        self.assert_blocked(self.server(), LATER, LATER)

    def test_a_missing_rule_file_leaves_the_old_rules_in_force_and_the_log_names_it(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        daemon.rule_file.unlink()
        log = daemon.reload(words=("refused",))
        self.assertIn("rules.json", log)
        self.assert_blocked(self.server(), EVIL, EVIL)

    def test_a_directory_in_the_place_of_the_rule_file_is_refused(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        daemon.rule_file.unlink()
        daemon.rule_file.mkdir()
        self.assertIn("rules.json", daemon.reload(words=("refused",)))
        self.assert_blocked(self.server(), EVIL, EVIL)

    def test_a_match_split_over_a_reload_is_still_a_match(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        server = self.server()
        client = self.client(server)
        client.send(EVIL[:6])
        self.assertTrue(wait_until(lambda: server.received() == EVIL[:6]))
        daemon.reload(DROP_BOTH, ("reloaded",))
        client.send(EVIL[6:])
        wait_until(lambda: len(server.received()) > 6, 0.7)
        self.assertEqual(server.received(), EVIL[:6])

    def test_a_flow_in_progress_goes_on_being_inspected_after_a_reload(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        server = self.server()
        client = self.client(server)
        client.send(b"harmless ")
        self.assertTrue(wait_until(lambda: server.received() == b"harmless "))
        daemon.reload(DROP_BOTH, ("reloaded",))
        client.send(b"still ")
        self.assertTrue(wait_until(lambda: server.received() == b"harmless still "))
        client.send(EVIL)
        wait_until(lambda: EVIL in server.received(), 0.7)
        self.assertEqual(server.received(), b"harmless still ")

    def test_a_flow_in_progress_is_held_against_the_new_rules_too(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        server = self.server()
        client = self.client(server)
        client.send(b"harmless ")
        self.assertTrue(wait_until(lambda: server.received() == b"harmless "))
        daemon.reload(DROP_BOTH, ("reloaded",))
        client.send(b"and then " + LATER)
        wait_until(lambda: LATER in server.received(), 0.7)
        self.assertNotIn(LATER, server.received())

    def test_signals_that_overlap_end_with_the_newest_rules(self) -> None:
        daemon = self.daemon(NO_RULES)
        for count in range(30):
            daemon.write_rules(DROP_BOTH if count % 2 else NO_RULES)
            daemon.signal(signal.SIGHUP)
        # A signal that came during a reload starts one more: the rules before say "2 rules" and "0 rules".
        daemon.reload(DROP_EVIL, ("reloaded", "by 1 rule"))
        self.assertTrue(daemon.alive())
        self.assert_blocked(self.server(), EVIL, EVIL)
        self.assert_passes(self.server(), LATER)

    def test_traffic_flows_while_rules_are_reloaded(self) -> None:
        daemon = self.daemon(DROP_EVIL)
        server = self.server(answer=lambda data: data[-1:])
        client = self.client(server)
        for count in range(1, 60):
            if count % 6 == 0:
                daemon.write_rules(DROP_BOTH if count % 12 else DROP_EVIL)
                daemon.signal(signal.SIGHUP)
            client.send(b"x")
            self.assertEqual(len(client.receive(count)), count)


if __name__ == "__main__":
    tap.main()
