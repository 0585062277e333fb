# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces that cannot be left behind.

A namespace is held by a file descriptor of this process and has no name: when the process ends, however it ends,
the kernel takes the namespace, its interfaces and its rules away.
"""

import contextlib
import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence

CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def _current() -> int:
    """A descriptor of the calling thread's namespace."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


class CommandFailed(RuntimeError):
    """A command that had to work did not; the message carries what it wrote."""


class Namespace:
    """A new, empty network namespace with `lo` up."""

    def __init__(self, label: str) -> None:
        self.label = label
        home = _current()
        try:
            _check(_libc.unshare(CLONE_NEWNET), "unshare")
            try:
                self._fd = _current()
            finally:
                _check(_libc.setns(home, CLONE_NEWNET), "setns")
        finally:
            os.close(home)
        self.run("ip", "link", "set", "lo", "up")

    @property
    def path(self) -> str:
        """What `ip … netns PATH` takes."""
        return f"/proc/{os.getpid()}/fd/{self._fd}"

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is in the namespace: sockets it makes and processes it starts stay there."""
        home = _current()
        try:
            _check(_libc.setns(self._fd, CLONE_NEWNET), "setns")
            yield
        finally:
            _check(_libc.setns(home, CLONE_NEWNET), "setns")
            os.close(home)

    def socket(self, family: int, kind: int = socket.SOCK_STREAM, protocol: int = 0) -> socket.socket:
        with self.entered():
            return socket.socket(family, kind, protocol)

    def run(
        self, *command: str, check: bool = True, text_input: str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Runs to the end and returns the result; raises CommandFailed where `check` and it failed."""
        with self.entered():
            process = subprocess.Popen(
                command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL if text_input is None else subprocess.PIPE, errors="replace",
            )
        with process:
            try:
                out, err = process.communicate(text_input, timeout)
            except BaseException:
                process.kill()
                raise
        done = subprocess.CompletedProcess(command, process.returncode, out, err)
        if check and done.returncode != 0:
            raise CommandFailed(f"[{self.label}] {' '.join(command)}: exit {done.returncode}\n{out}{err}")
        return done

    def start(self, command: Sequence[str], **options) -> subprocess.Popen:
        """Starts a process that is killed with this one. Call from the main thread: the kernel ties a child's
        fate to the thread that made it (prctl(2), PR_SET_PDEATHSIG)."""
        assert threading.current_thread() is threading.main_thread()
        options.setdefault("stdin", subprocess.DEVNULL)
        with self.entered():
            return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], **options)

    def ip_batch(self, *lines: str) -> None:
        self.run("ip", "-batch", "-", text_input="\n".join(lines) + "\n")

    def sysctl(self, name: str, value: str) -> None:
        with self.entered(), open("/proc/sys/net/" + name, "w", encoding="ascii") as file:
            file.write(value)
