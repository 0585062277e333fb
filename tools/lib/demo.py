# SPDX-License-Identifier: GPL-2.0-or-later
"""The live demo: client, gateway and server in network namespaces, nginx, curl, and the daemon between them."""

import contextlib
import json
import os
import pathlib
import platform
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))

import building  # noqa: E402
import demo_replay  # noqa: E402
import story  # noqa: E402
from harness import divert, tap  # noqa: E402
from harness.daemon import Daemon, DaemonFailed  # noqa: E402
from harness.namespace import CommandFailed  # noqa: E402
from harness.nginx import Nginx  # noqa: E402
from harness.topology import LAN, V4, WAN, Topology  # noqa: E402
from harness.traffic import Client, wait_until  # noqa: E402

URL = f"http://{V4.server}"


class NoNetfilter(RuntimeError):
    """This machine cannot divert packets; the message says what is missing."""


class Demo:
    def __init__(self, stack: contextlib.ExitStack, binary: pathlib.Path) -> None:
        os.environ["NFSIEVE"] = str(binary)
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nfsieve-demo-")))
        self.directory.chmod(0o755)
        try:
            self.topology = Topology()
            stack.callback(self.topology.close)
            divert.install_gateway(self.topology.gateway, [LAN, WAN])
        except (OSError, CommandFailed) as error:
            raise NoNetfilter(str(error)) from error
        web = self.directory / "nginx"
        web.mkdir()
        stack.callback(Nginx(self.topology.server, web, (V4.server,)).close)
        rules = self.directory / "rules.json"
        story.write_rules(rules, story.LOG4SHELL)
        self.daemon = Daemon(self.topology.gateway, self.directory, rules)
        stack.callback(self.daemon.kill)
        try:
            self.daemon.start()
        except DaemonFailed as error:
            if "nfnetlink_queue" in str(error):
                raise NoNetfilter(str(error)) from error
            raise
        self.teller = story.Teller()

    def curl(self, *arguments: str, path: str = "/", expect_blocked: bool) -> None:
        quoted = " ".join(f"'{a}'" if " " in a or "$" in a else a for a in arguments)
        self.teller.show(f"client$ curl {quoted + ' ' if quoted else ''}{URL}{path}")
        done = self.topology.client.run(
            "curl", "--silent", "--show-error", "--max-time", "2", *arguments, URL + path, check=False
        )
        said = (done.stdout or done.stderr).strip()
        self.teller.outcome(done.returncode != 0, expected=expect_blocked, detail=said)

    def in_small_segments(self, request: bytes, size: int, *, expect_blocked: bool) -> None:
        with Client(self.topology.client, V4.server, 80) as client:
            client.send(request, size)
            answer = client.receive(12, timeout=2)
            ending = "connection reset" if client.reset else "no answer"
        self.teller.outcome(
            not answer, expected=expect_blocked, detail=answer.split(b"\r\n")[0].decode() if answer else ending
        )

    def show_new_events(self, before: int, wanted: int) -> None:
        wait_until(lambda: len(self.daemon.events("alert")) >= before + wanted, 3)
        for event in self.daemon.events("alert")[before:]:
            self.teller.show(story.event_line(event))

    def tell(self) -> int:
        tell = self.teller
        print(f"client {V4.client} -- gateway (nfsieve) -- server {V4.server} (nginx); kernel {platform.release()}")
        print(f"packets diverted by {divert.describe()}")
        print("the gateway's rules:\n" + indent(self.daemon.rule_file.read_text()))

        tell.step("An ordinary request passes")
        self.curl(expect_blocked=False)

        tell.step("An exploit in a header is rejected: both ends are reset, the server never reads it")
        self.curl("-A", story.EXPLOIT_MARK, expect_blocked=True)
        self.show_new_events(0, 1)

        request = story.exploit_request(V4.server)
        tell.step(f"The same exploit in {len(request)} segments of one byte")
        self.in_small_segments(request, 1, expect_blocked=True)
        self.show_new_events(1, 1)

        tell.step("A harmless request in segments of one byte passes")
        self.in_small_segments(story.plain_request(V4.server), 1, expect_blocked=False)

        tell.step(f"{story.ADMIN_PATH} passes: no rule is against it")
        self.curl(path=story.ADMIN_PATH, expect_blocked=False)

        tell.step("The rule file is edited, and the daemon told to reload it (SIGHUP)")
        story.write_rules(self.daemon.rule_file, story.LOG4SHELL, story.NO_ADMIN)
        log = self.daemon.reload(words=("reloaded",))
        tell.show("added: " + json.dumps(story.NO_ADMIN), *(f"daemon: {line}" for line in log.splitlines()[-1:]))
        self.curl(path=story.ADMIN_PATH, expect_blocked=True)
        self.show_new_events(2, 1)

        tell.step("What the daemon counted (SIGUSR1)")
        counters = self.daemon.counters()
        shown = ("packets", "bytes", "flows", "flows_blocked", "matches", "judged_accept", "judged_drop", "resets_sent")
        tell.show(*(f"{name:14} {counters[name]}" for name in shown if name in counters))
        return tell.end()


def indent(text: str) -> str:
    return "\n".join("     " + line for line in text.rstrip().splitlines())


def main() -> int:
    tap.interrupt_on_signals()
    try:
        print("Building…", flush=True)
        building.prepare(building.RELEASE, "nfsieve", quiet=True)
        binary = building.RELEASE.directory / "nfsieve"
        started = time.monotonic()
        status = show(binary)
        print(f"({time.monotonic() - started:.0f} seconds; nothing is left behind.)")
        return status
    except building.BuildFailed as error:
        print(f"The build failed: {error}")
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; everything is cleaned up.")
        return 130


def show(binary: pathlib.Path) -> int:
    reason = "as asked" if "--replay" in sys.argv else "without root" if os.geteuid() != 0 else ""
    if not reason:
        try:
            with contextlib.ExitStack() as stack:
                return Demo(stack, binary).tell()
        except NoNetfilter as error:
            reason = f"this machine cannot divert packets ({error})"
    print(f"No live traffic, {reason}: the same rules over a capture instead.")
    return demo_replay.show(binary)


if __name__ == "__main__":
    sys.exit(main())
