# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts the daemon in a namespace, talks to it by signals and reads what it writes."""

import contextlib
import json
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

from . import divert
from .namespace import Namespace
from .traffic import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]


def find_binary(variable: str, name: str) -> str:
    """The program that `variable` names (meson sets it), or the one in the usual build directories."""
    named = os.environ.get(variable)
    if named:
        return named
    for build in ("build/release", "build"):
        if (ROOT / build / name).exists():
            return str(ROOT / build / name)
    raise FileNotFoundError(f"{name} is not built: run meson, or set {variable}")


def nfsieve_binary() -> str:
    return find_binary("NFSIEVE", "nfsieve")


class DaemonFailed(RuntimeError):
    """The daemon did not do what had to happen; the message carries its log."""


class Daemon:
    """One `nfsieve run`, with its configuration, rules and events in `directory`.

    `rules` is the object that the rule file holds, or a path. `configuration` adds keys or replaces them.
    `binary` is another release of the program than the one under test.
    """

    def __init__(
        self,
        namespace: Namespace,
        directory: pathlib.Path,
        rules: dict | pathlib.Path,
        *,
        configuration: dict | None = None,
        queues: str = "0-1",
        wrapper: tuple[str, ...] = (),
        arguments: tuple[str, ...] = (),
        binary: str | None = None,
    ) -> None:
        self.namespace, self.directory = namespace, directory
        self.rule_file = directory / "rules.json"
        self.event_file = directory / "eve.json"
        self.log_file = directory / "daemon.log"
        self.config_file = directory / "nfsieve.json"
        self.control_socket = directory / "control.sock"
        if isinstance(rules, pathlib.Path):
            self.rule_file = rules
        else:
            self.write_rules(rules)
        config = {"queues": queues, "rules": [str(self.rule_file)], "events": {"file": "eve.json"}}
        if binary is None:  # another release may not know the key
            config["control"] = {"socket": "control.sock"}
        self.config_file.write_text(json.dumps(config | (configuration or {})), encoding="utf-8")
        self._command = [*wrapper, binary or nfsieve_binary(), "run", "--config", str(self.config_file), *arguments]
        self.process: subprocess.Popen | None = None

    def write_rules(self, rules: dict | str) -> None:
        text = rules if isinstance(rules, str) else json.dumps(rules, indent=1)
        self.rule_file.write_text(text, encoding="utf-8")

    def launch(self) -> None:
        """Starts the process without waiting for anything."""
        with open(self.log_file, "ab") as log:
            self.process = self.namespace.start(self._command, stdout=log, stderr=log)

    def start(self, timeout: float = 30) -> "Daemon":
        """Starts and waits for the line that says `ready`."""
        before = len(self.log())  # of another process in the same directory
        self.launch()
        assert self.process is not None
        process = self.process
        wait_until(lambda: "ready" in self.log()[before:] or process.poll() is not None, timeout)
        if "ready" not in self.log()[before:]:
            raise DaemonFailed(f"not ready, exit status {process.poll()}\n{self.log()}")
        return self

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """No thread of it runs meanwhile: a signal stops them some time after it was sent."""
        assert self.process is not None
        threads = pathlib.Path(f"/proc/{self.process.pid}/task")

        def still() -> bool:
            states = [stat.read_text(encoding="ascii").rpartition(") ")[2] for stat in threads.glob("*/stat")]
            return all(state.startswith("T") for state in states)

        self.signal(signal.SIGSTOP)
        try:
            if not wait_until(still):
                raise DaemonFailed(f"it does not stand still\n{self.log()}")
            yield
        finally:
            self.signal(signal.SIGCONT)

    def logged_after(self, action, words: tuple[str, ...], timeout: float = 20) -> str:
        """Does `action` and returns what the log then gained, once one of its lines holds all of `words`."""
        before = len(self.log())

        def said() -> bool:
            return any(all(w in line.lower() for w in words) for line in self.log()[before:].splitlines())

        action()
        if not wait_until(said, timeout):
            raise DaemonFailed(f"no log line with {words} in {timeout:.0f} s\n{self.log()[before:]}")
        return self.log()[before:]

    def reload(self, rules: dict | str | None = None, words: tuple[str, ...] = ("reload",)) -> str:
        """Writes `rules`, sends SIGHUP and returns the log lines, once one holds all of `words`."""
        if rules is not None:
            self.write_rules(rules)
        return self.logged_after(lambda: self.signal(signal.SIGHUP), words)

    def stop(self, timeout: float = 15) -> int:
        """SIGTERM; returns the exit status. Does nothing where the daemon has ended already."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired as late:
            self.process.kill()
            self.process.wait()
            raise DaemonFailed(f"did not stop in {timeout:.0f} s\n{self.log()}") from late

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def events(self, kind: str | None = None) -> list[dict]:
        """The whole lines of the event file, as objects; `kind` chooses by event_type."""
        if not self.event_file.exists():
            return []
        text = self.event_file.read_text(encoding="utf-8")
        found = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [event for event in found if kind in (None, event.get("event_type"))]

    def wait_alerts(self, count: int = 1, timeout: float = 10) -> list[dict]:
        """At least `count` alerts; raises DaemonFailed where they do not come."""
        if not wait_until(lambda: len(self.events("alert")) >= count, timeout):
            raise DaemonFailed(f"{len(self.events('alert'))} alerts instead of {count}\n{self.log()}")
        return self.events("alert")

    def status(self) -> dict:
        """What the control socket says; `nfsieve status --json` prints the same."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(str(self.control_socket))
            sock.sendall(b'{"command": "status"}\n')
            return json.loads(sock.makefile("rb").readline())

    def status_at_rest(self, timeout: float = 10) -> dict:
        """The status once no packet has come for a while: then the account must be exact."""
        seen = [self.status()]

        def resting() -> bool:
            time.sleep(0.3)  # two looks back to back agree in the middle of an exchange too
            seen.append(self.status())
            now, before = seen[-1]["kernel"], seen[-2]["kernel"]
            return now["seen"] == before["seen"] and now["diverted"] == before["diverted"] and now["waiting"] == 0

        if not wait_until(resting, timeout):
            raise DaemonFailed(f"packets do not come to rest\n{seen[-1]}")
        return seen[-1]

    def counters(self) -> dict[str, int]:
        """Asks with SIGUSR1 and returns the counters that the daemon then writes as an event of type stats."""
        before = len(self.events("stats"))
        self.signal(signal.SIGUSR1)
        if not wait_until(lambda: len(self.events("stats")) > before, 5):
            raise DaemonFailed(f"SIGUSR1 brought no counters\n{self.log()}")
        return flatten_counters(self.events("stats")[-1])


def flatten_counters(event: dict) -> dict[str, int]:
    """All whole numbers of an event, by their innermost key."""
    found: dict[str, int] = {}
    for key, value in event.items():
        if isinstance(value, dict):
            found |= flatten_counters(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            found[key] = value
    return found


class AcceptAll:
    """The accept-everything loop in the place of the daemon."""

    def __init__(self, namespace: Namespace, queues: str = "0-1") -> None:
        command = [find_binary("NFSIEVE_ACCEPT_ALL", "tests/bench/accept_all"), "--queue-num", queues]
        self.process = namespace.start(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        if self.process.stdout.readline().strip() != "ready":
            raise DaemonFailed("accept_all cannot bind its queues")

    def stop(self) -> str:
        """What it says about its queues."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=10)[0]

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


class Peer:
    """Another program in the place of the daemon. `command` is all that it is told, its queues among it."""

    def __init__(self, namespace: Namespace, command: str, queues: int, timeout: float = 120) -> None:
        self.process = namespace.start(shlex.split(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + timeout
        while len(divert.queue_sequences(namespace)) < queues:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise DaemonFailed(f"it does not take {queues} queues: {command}")
            time.sleep(0.1)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


def cpu_seconds(process: subprocess.Popen) -> float:
    """User and system time of a running process."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_port(namespace: Namespace, address: str, port: int, timeout: float = 10) -> bool:
    """Whether something listens at `address` and `port`, tried from inside `namespace`."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with namespace.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.settimeout(1)
            with contextlib.suppress(OSError):
                probe.connect((address, port))
                return True
        time.sleep(0.05)
    return False
