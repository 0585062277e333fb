# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds build/pgo/nfsieve in two passes: the first counts which ways packets take through it, the second is optimised
for them (GCC's -fprofile-generate and -fprofile-use), and as a whole (LTO)."""

import json
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))

import bench_engine  # noqa: E402
import building  # noqa: E402
from harness.made import made_signatures  # noqa: E402
from harness.talk import ACK, FIN, Talk, write_capture  # noqa: E402

DIRECTORY = building.ROOT / "build/pgo"
STARTER = building.ROOT / "rules/starter"
MEGABYTES = 8


def configure(*options: str) -> None:
    building.run(["meson", "configure", str(DIRECTORY), *options], True, None)


def build() -> None:
    building.run(["ninja", "-C", str(DIRECTORY)], False, None)


def replay(rules: list[pathlib.Path], config: pathlib.Path, capture: pathlib.Path) -> None:
    command = [str(DIRECTORY / "nfsieve"), "replay", "--config", str(config), "--checksums", "ignore", "--repeat", "4"]
    for path in rules:
        command += ["--rules", str(path)]
    building.run([*command, str(capture)], True, None)


def web_capture(path: pathlib.Path, contents: list[bytes]) -> None:
    """Requests and their answers, over connections that are kept for a few of them."""
    timed = []
    for number in range(200):
        talk = Talk(client_port=20000 + number).open()
        for turn in range(5):
            name = f"/files/{number}/{turn}.html?page={turn}&sort=name"
            talk.say(f"GET {name} HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
                     f"Accept: text/html\r\nCookie: session={number * 7919:x}\r\n\r\n".encode())
            body = contents[(number + turn) % len(contents)]
            talk.say(b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body, side=1, cut=1448)
            talk.send(0, ACK)
        talk.send(0, FIN | ACK)
        talk.send(1, FIN | ACK)
        talk.send(0, ACK)
        timed += talk.packets
    write_capture(path, timed)


def train(directory: pathlib.Path) -> None:
    """Bytes in order and in volume, with simple rules and with signatures; and short exchanges over HTTP."""
    bench = bench_engine.Bench(directory, MEGABYTES, 1)
    plain = bench.config
    signatures = directory / "made.rules"
    signatures.write_text(made_signatures(500), encoding="utf-8")
    web = directory / "web.pcap"
    text = bench_engine.real_text(200_000)
    web_capture(web, [text[at:at + size] for at, size in ((0, 300), (1000, 5000), (9000, 20000), (50000, 60000))])
    for capture in bench.captures.values():
        replay([bench.rules[100]], plain, capture)
        replay([signatures], plain, capture)
    for rules in ([bench.rules[1000]], [signatures], sorted(STARTER.glob("*.json"))):
        replay(rules, plain, web)


def main() -> int:
    # Counts of other sources or another compiler are of no use.
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    building.run(["meson", "setup", str(DIRECTORY), str(building.ROOT), "--buildtype=release", "-Dtests=false",
                  "-Db_lto=true", "-Db_pgo=generate", *sys.argv[1:]], False, None)  # fmt: skip
    try:
        build()
        with tempfile.TemporaryDirectory(prefix="nfsieve-release-") as name:
            train(pathlib.Path(name))
        configure("-Db_pgo=use")
        build()
    except building.BuildFailed as error:
        print(f"failed: {error}")
        return 1
    print(f"built for speed: {DIRECTORY / 'nfsieve'}; install it with: meson install -C build/pgo")
    return 0


if __name__ == "__main__":
    sys.exit(main())
