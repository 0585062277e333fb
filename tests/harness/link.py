# SPDX-License-Identifier: GPL-2.0-or-later
"""A link as it is far from the data centre: slow, lossy, out of order. By `tc netem` where the kernel has it, else by
tests/links/link_emulator."""

import dataclasses
import functools
import json
import signal
import subprocess

from .daemon import find_binary
from .namespace import Namespace

# A full window of 100 ms at 1 Gbit/s, cut to the wire's size, is waiting for the emulator at times.
DEVICE_QUEUE = 20000


@dataclasses.dataclass(frozen=True)
class Link:
    """What each way does to each packet; chances in percent, as netem takes them. A reordered packet skips the delay.
    To the emulator that is a packet on the wire; netem takes a GSO packet for one."""

    delay_ms: float = 0
    rate: float = 0  # bit/s; 0: unlimited
    queue_bytes: int = 1 << 20  # of what waits for the rate; netem can only count packets, and gets a large limit
    loss: float = 0
    reorder: float = 0
    duplicate: float = 0
    seed: int = 1

    def netem(self) -> list[str]:
        """The parameters for `tc qdisc … netem`. Its limit counts packets, those in the delay included."""
        words = ["limit", "100000", "delay", f"{self.delay_ms}ms"]
        for name in ("loss", "reorder", "duplicate"):
            words += [name, f"{getattr(self, name)}%"] if getattr(self, name) else []
        return words + (["rate", f"{self.rate:.0f}bit"] if self.rate else [])


class Emulator:
    """Makes `name` in both namespaces, tun devices joined by `link`. Stops with close()."""

    def __init__(self, link: Link, near: tuple[Namespace, str], far: tuple[Namespace, str]) -> None:
        binary = find_binary("NFSIEVE_LINK_EMULATOR", "tests/links/link_emulator")
        self._process = near[0].start(
            [
                binary, "--from", near[0].path, "--from-name", near[1], "--to", far[0].path, "--to-name", far[1],
                "--delay-ms", str(link.delay_ms), "--rate", str(link.rate), "--queue-bytes", str(link.queue_bytes),
                "--loss", str(link.loss / 100), "--reorder", str(link.reorder / 100),
                "--duplicate", str(link.duplicate / 100), "--seed", str(link.seed),
            ],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            raise RuntimeError("link_emulator did not start; its reason is on standard error")
        for namespace, name in (near, far):
            namespace.run("ip", "link", "set", name, "txqueuelen", str(DEVICE_QUEUE), "up")

    def stop(self) -> dict[str, dict[str, int]]:
        """What became of the packets "there" (from `near`) and "back"; the devices are gone then."""
        self._process.send_signal(signal.SIGTERM)
        counts = json.loads(self._process.communicate(timeout=10)[0])
        return counts

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@functools.cache
def kernel_has_netem() -> bool:
    probe = Namespace("probe")
    try:
        return probe.run("tc", "qdisc", "add", "dev", "lo", "root", "netem", check=False).returncode == 0
    finally:
        probe.close()


def describe() -> str:
    if kernel_has_netem():
        return "links by tc netem"
    return "links by tests/links/link_emulator, because this kernel has no netem"
