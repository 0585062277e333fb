# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine alone against the matcher alone: `nfsieve replay` from memory, and a loop of Vectorscan calls over the same
bytes, chunks and patterns, on one thread and on two.

Downloads of real text and real binary data over interleaved connections, in order, acknowledged as receivers do; once in
segments of the wire's size and once as large as GSO makes them.
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile

import bench_table
import rounds
from bench_table import Sample
from harness.contents import real_binary, real_text
from harness.made import made_rules
from harness.talk import ACK, FIN, SYN, Talk, write_capture

CONNECTIONS = 16
SEGMENTS = {"MSS": 1448, "GSO": 45 * 1448}
SYN_OPTIONS = b"\x02\x04\x05\xb4\x03\x03\x07"  # MSS 1460, windows in units of 128 bytes (RFC 9293, RFC 7323)
THREADS = (1, 2)
COUNTS = (100, 1000, 10000)


def make_capture(path: pathlib.Path, contents: list[bytes], segment: int) -> None:
    """A connection for each of `contents`, all under way at once: two segments of one, its acknowledgment, the next."""
    talks = [Talk(client_port=20000 + number) for number in range(len(contents))]
    for talk in talks:
        for side, flags in ((0, SYN), (1, SYN | ACK)):
            talk.send(side, flags, options=SYN_OPTIONS)
        talk.send(0, ACK)
        talk.say(b"GET /file HTTP/1.1\r\nHost: files.example\r\n\r\n")
    packets = [packet for talk in talks for packet in talk.packets]
    for at in range(0, max(map(len, contents)), 2 * segment):
        for talk, content in zip(talks, contents):
            talk.packets = []
            if content[at:]:
                talk.say(content[at:at + 2 * segment], side=1, cut=segment).send(0, ACK)
            packets += talk.packets
    for talk in talks:
        talk.packets = []
        for side, flags in ((1, FIN | ACK), (0, FIN | ACK), (1, ACK)):
            talk.send(side, flags)
        packets += talk.packets
    start = packets[0][0]
    write_capture(path, [(start + number * 1e-5, packet) for number, (_, packet) in enumerate(packets)])


class Bench:
    def __init__(self, directory: pathlib.Path, megabytes: int, repeat: int) -> None:
        self.repeat = repeat
        size = megabytes * 1_000_000 // CONNECTIONS
        half = CONNECTIONS // 2 * size
        both = real_text(half), real_binary(half)
        contents = [both[i % 2][i // 2 * size:(i // 2 + 1) * size] for i in range(CONNECTIONS)]
        self.captures = {name: directory / f"{name}.pcap" for name in SEGMENTS}
        for name, segment in SEGMENTS.items():
            make_capture(self.captures[name], contents, segment)
        self.rules = {count: directory / f"{count}.json" for count in COUNTS}
        for count, path in self.rules.items():
            path.write_text(json.dumps({"rules": made_rules(count)}), encoding="utf-8")
        self.config = directory / "config.json"
        self.config.write_text(json.dumps({"cache": str(directory / "cache")}), encoding="utf-8")

    def replay(self, count: int, segments: str, threads: int) -> Sample:
        return self.measure(
            os.environ["NFSIEVE"], "replay", "--config", str(self.config), "--checksums", "ignore",
            "--rules", str(self.rules[count]), "--threads", str(threads), "--repeat", str(self.repeat),
            str(self.captures[segments]),
        )  # fmt: skip

    def raw(self, count: int, segments: str, threads: int) -> Sample:
        return self.measure(
            os.environ["NFSIEVE_RAW_MATCHER"], "--rules", str(self.rules[count]), "--threads", str(threads),
            "--repeat", str(self.repeat), str(self.captures[segments]),
        )  # fmt: skip

    @staticmethod
    def measure(*command: str) -> Sample:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        said = done.stdout + done.stderr
        line = re.search(r"bytes=(\d+) .*matches=0 .* ([\d.]+) Gbit/s cpu=([\d.]+)s", said)
        assert line and re.search(r"(drops|left_out)=0", said), f"nothing is to match or to be left out: {said}"
        return {"gigabits": float(line[2]), "cpu": float(line[3]) / (int(line[1]) / 1e9)}


def run(round_count: int, megabytes: int = 32, repeat: int = 8) -> None:
    """Measures and prints the table."""
    with tempfile.TemporaryDirectory(prefix="nfsieve-bench-") as name:
        bench = Bench(pathlib.Path(name), megabytes, repeat)
        cases = [(count, segments, threads) for count in COUNTS for segments in SEGMENTS for threads in THREADS]
        candidates = {}
        for case in cases:
            candidates["raw", *case] = lambda case=case: bench.raw(*case)
            candidates["replay", *case] = lambda case=case: bench.replay(*case)
        samples = rounds.run(candidates, round_count)
    print(
        f"the engine alone: replay of {megabytes} MB of real text and binary data from memory, {repeat} times, against "
        f"Vectorscan alone over the same chunks\nmedians of {round_count} interleaved rounds\n"
    )
    heads = ("rules", "segments", "raw s/GB", "replay s/GB", "raw/replay", "raw/replay, 2", "raw's gain", "replay's gain",
             "of raw's")  # fmt: skip
    bench_table.print_rows(heads, [row(samples, count, segments) for count in COUNTS for segments in SEGMENTS], width=15)
    print(
        "s/GB: CPU seconds on one thread; raw/replay: how near replay comes to raw by these, on one thread and on two;\n"
        "gain: of two threads over one, by the clock on the wall, and replay's gain as a part of raw's\n"
    )


def row(samples: dict[tuple, list[Sample]], count: int, segments: str) -> list[str]:
    raw, replay = (samples[kind, count, segments, 1] for kind in ("raw", "replay"))
    raw_two, replay_two = (samples[kind, count, segments, 2] for kind in ("raw", "replay"))
    gains = [bench_table.median_ratio(*pair, "gigabits") for pair in ((raw_two, raw), (replay_two, replay))]
    return [
        f"{count:,}", segments, f"{bench_table.median(raw, 'cpu'):.3f}", f"{bench_table.median(replay, 'cpu'):.3f}",
        f"{bench_table.median_ratio(raw, replay, 'cpu'):.2f}", f"{bench_table.median_ratio(raw_two, replay_two, 'cpu'):.2f}",
        f"{gains[0]:.2f}", f"{gains[1]:.2f}", f"{gains[1] / gains[0]:.2f}",
    ]  # fmt: skip
