#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`nfsieve replay` over captures made here: verdicts, events, the clock, link layers, what passes."""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import packets, tap  # noqa: E402
from harness.talk import ACK, FIN, PSH, RST, SYN, Talk  # noqa: E402

NFSIEVE = os.environ["NFSIEVE"]
EVIL = {"rules": [{"id": "evil", "action": "drop", "match": {"payload": {"contains": "EVILPATTERN"}}}]}


def read_pcap(data):
    at, found = 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return found


class Replay(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def write(self, name, content):
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return str(path)

    def replay(self, capture, rules=EVIL, *options, status=0):
        """Events, the frames that passed, and the summary as a dictionary."""
        if not isinstance(capture, bytes):
            capture = packets.pcap(capture)
        passed = self.path / "passed.pcap"
        result = subprocess.run(
            [NFSIEVE, "replay", "--rules", self.write("rules.json", rules), self.write("in.pcap", capture),
             "--events", "-", "--passed", str(passed), *options], capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, status, result.stderr)
        self.stderr = result.stderr
        events = [json.loads(line) for line in result.stdout.splitlines()]
        words = dict(word.split("=", 1) for word in result.stderr.split() if "=" in word)
        return events, read_pcap(passed.read_bytes()) if passed.exists() else [], words

    def test_ordinary_traffic_passes_unchanged(self):
        talk = Talk().open().say(b"GET / HTTP/1.1\r\n\r\n").say(b"HTTP/1.1 200 OK\r\n\r\n", side=1)
        events, passed, words = self.replay(talk.packets)
        self.assertEqual(events, [])
        self.assertEqual(passed, [data for _, data in talk.packets])
        self.assertEqual((words["packets"], words["flows"], words["matches"], words["drops"]), ("5", "1", "0", "0"))

    def test_match_over_many_segments_stops_at_its_last_byte(self):
        for cut in (None, 1, 3, 7):
            with self.subTest(cut=cut):
                talk = Talk().open().say(b"some EVILPATTERN", cut=cut).say(b"after")
                events, passed, words = self.replay(talk.packets)
                self.assertEqual([e["nfsieve"]["rule"] for e in events], ["evil"])
                delivered = b"".join(p[40:] for p in passed)
                self.assertNotIn(b"EVILPATTERN", delivered)
                self.assertNotIn(b"after", delivered)

    def test_events_look_like_eve(self):
        talk = Talk(client_port=4444).open().say(b"an EVILPATTERN here")
        (event,), _, _ = self.replay(talk.packets)
        self.assertEqual(event["event_type"], "alert")
        self.assertEqual((event["src_ip"], event["src_port"]), ("192.0.2.1", 4444))
        self.assertEqual((event["dest_ip"], event["dest_port"], event["proto"]), ("198.51.100.1", 80, "TCP"))
        self.assertEqual(event["alert"]["action"], "blocked")
        self.assertEqual(event["alert"]["signature"], "evil")
        self.assertIsInstance(event["alert"]["signature_id"], int)
        self.assertIsInstance(event["flow_id"], int)
        self.assertTrue(event["timestamp"].startswith("2023-11-14T22:13:20"))
        self.assertIn("EVILPATTERN", event["payload_printable"])
        self.assertTrue(event["nfsieve"]["file"].endswith("rules.json"))
        self.assertEqual(event["nfsieve"]["line"], 1)

    def test_no_events_unless_asked_for(self):
        talk = Talk().open().say(b"EVILPATTERN")
        result = subprocess.run([NFSIEVE, "replay", "--rules", self.write("r.json", EVIL),
                                 self.write("in.pcap", packets.pcap(talk.packets))], capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_both_ip_versions(self):
        talk = Talk("2001:db8::1", "2001:db8::2").open().say(b"EVIL").say(b"PATTERN")
        events, passed, _ = self.replay(talk.packets)
        self.assertEqual(len(events), 1)
        self.assertEqual(len(passed), 4)

    def test_out_of_order_overlap_and_decoys(self):
        talk = Talk().open()
        start = talk.next[0]
        talk.send(0, PSH | ACK, b"EVILxxxxxxx", sequence=start)
        talk.send(0, PSH | ACK, b"EVILPATTERN", sequence=start)
        talk.send(0, PSH | ACK, b"PATTERN", sequence=start + 15)
        talk.send(0, PSH | ACK, b"EVIL", sequence=start + 11)
        events, passed, _ = self.replay(talk.packets)
        self.assertEqual([e["event_type"] for e in events], ["anomaly", "alert"])
        self.assertEqual(len(passed), len(talk.packets) - 2)

    def test_wrong_checksums_are_what_a_receiver_throws_away(self):
        talk = Talk().open()
        talk.send(0, PSH | ACK, b"xxxxxxxxxxx", sequence=talk.next[0], bad_checksum=True)
        talk.say(b"EVILPATTERN")
        for mode in ("auto", "verify"):
            with self.subTest(mode=mode):
                events, _, _ = self.replay(talk.packets, EVIL, "--checksums", mode)
                self.assertEqual([e["event_type"] for e in events], ["alert"])
        events, _, _ = self.replay(talk.packets, EVIL, "--checksums", "ignore")
        self.assertEqual([e["event_type"] for e in events], ["anomaly"])

    def test_the_captures_clock_ends_flows(self):
        talk = Talk().open().say(b"EVIL")
        talk.now += 25 * 3600
        talk.say(b"PATTERN")
        events, passed, words = self.replay(talk.packets)
        self.assertEqual(words["flows"], "1")
        self.assertEqual([e["anomaly"]["event"] for e in events], ["expired"])
        self.assertEqual(len(passed), len(talk.packets) - 1, "half a pattern, a long wait and the other half")

    def test_ethernet_with_vlans_and_padding(self):
        talk = Talk().open().say(b"EVILPATTERN")
        for tags in (b"", b"\x81\x00\x00\x05", b"\x88\xa8\x00\x07\x81\x00\x00\x05"):
            frames = [(now, b"\x02" * 12 + tags + b"\x08\x00" + data + b"\0" * 6) for now, data in talk.packets]
            capture = bytearray(packets.pcap(frames))
            struct.pack_into("<I", capture, 20, 1)
            with self.subTest(tags=tags.hex()):
                events, passed, _ = self.replay(bytes(capture))
                self.assertEqual(len(events), 1)
                self.assertEqual(passed, [data for _, data in frames[:3]])

    def test_frames_that_are_not_ip_pass(self):
        frames = [(1.0, b"\xff" * 6 + b"\x02" * 6 + b"\x08\x06" + b"\0" * 28)]
        capture = bytearray(packets.pcap(frames))
        struct.pack_into("<I", capture, 20, 1)
        _, passed, words = self.replay(bytes(capture))
        self.assertEqual(len(passed), 1)
        self.assertEqual(words["drops"], "0")

    def test_malformed_packets_are_dropped_and_end_nothing(self):
        talk = Talk().open()
        talk.send(0, PSH | ACK, b"lie", sequence=talk.next[0], data_offset=15)
        talk.packets.append((talk.now, b"\x45"))
        talk.packets.append((talk.now, b"\x60" + b"\0" * 20))
        talk.say(b"EVILPATTERN")
        events, passed, _ = self.replay(talk.packets)
        self.assertEqual([e["event_type"] for e in events], ["anomaly", "alert"])
        self.assertEqual(len(passed), 3)

    def test_bad_captures_are_refused_in_words(self):
        for content in (b"", b"not a capture at all, just text"):
            with self.subTest(content=content):
                self.replay(content, status=1)
                self.assertIn("in.pcap", self.stderr)

    def test_truncated_capture_is_judged_as_far_as_it_goes(self):
        talk = Talk().open().say(b"EVILPATTERN").say(b"rest")
        data = packets.pcap(talk.packets)
        events, _, _ = self.replay(data[:-10], status=1)
        self.assertEqual(len(events), 1)
        self.assertIn("in.pcap", self.stderr)

    def measure(self, capture, *options, status=0):
        result = subprocess.run(
            [NFSIEVE, "replay", "--rules", self.write("rules.json", EVIL), self.write("in.pcap", capture), *options],
            capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, status, result.stderr)
        self.stderr = result.stderr
        words = dict(word.split("=", 1) for word in result.stderr.split() if "=" in word)
        return [json.loads(line) for line in result.stdout.splitlines()], words

    def test_from_memory_every_round_of_every_thread_begins_with_new_flows(self):
        talk = Talk().open().say(b"an EVILPAT").say(b"TERN").say(b"after")
        capture = packets.pcap(talk.packets)
        _, once = self.measure(capture)
        events, words = self.measure(capture, "--threads", "2", "--repeat", "3", "--events", "-")
        for name in ("packets", "bytes", "flows", "matches", "drops"):
            self.assertEqual(int(words[name]), 6 * int(once[name]), name)
        self.assertEqual(int(once["drops"]), 2)
        self.assertEqual([e["nfsieve"]["rule"] for e in events], ["evil"] * 6)
        self.assertIn("cpu", words)
        self.assertNotIn("cpu", once)

    def test_from_memory_packets_without_a_match_all_pass(self):
        talk = Talk().open().say(b"x" * 50_000, cut=1448)
        _, words = self.measure(packets.pcap(talk.packets), "--repeat", "2")
        self.assertEqual((words["packets"], words["drops"]), (str(2 * len(talk.packets)), "0"))

    def test_only_a_whole_capture_is_measured(self):
        data = packets.pcap(Talk().open().say(b"rest").packets)
        self.measure(data[:-2], "--threads", "1", status=1)
        self.assertRegex(self.stderr, r"in\.pcap: breaks off at frame 4: ")
        self.assertNotIn("packets=", self.stderr)

    def test_bad_rules_name_their_place(self):
        self.replay(Talk().open().packets, {"rules": [{"id": "x", "action": "explode"}]}, status=1)
        self.assertRegex(self.stderr, r"rules\.json:1:\d+: rule x: ")

    def test_a_rule_file_with_sets_defaults_and_both_directions(self):
        rules = {"sets": {"web": [80, "8000-8100"], "lan": ["10.0.0.0/8", "fd00::/8"]}, "default": "accept", "rules": [
            {"id": "evil", "action": "drop", "direction": "to_server", "to": {"ports": "@web"},
             "match": {"payload": {"contains": "EVILPATTERN"}}},
            {"id": "flag", "action": "reject", "direction": "to_client",
             "match": {"payload": {"regex": "SECRETFLAG[0-9]+X", "nocase": True}},
             "tests": {"match": ["..SECRETFLAG77X"], "pass": ["SECRETFLAG"]}}]}
        talk = Talk(port=8080).open().say(b"hi").say(b"..secretFlag", side=1).say(b"123x", side=1)
        events, _, _ = self.replay(talk.packets, rules)
        self.assertEqual([e["nfsieve"]["rule"] for e in events], ["flag"])
        self.assertEqual((events[0]["src_ip"], events[0]["src_port"]), ("198.51.100.1", 8080))
        talk = Talk(port=25).open().say(b"EVILPATTERN")
        self.assertEqual(self.replay(talk.packets, rules)[0], [])


if __name__ == "__main__":
    tap.main(needs_kernel=False)
