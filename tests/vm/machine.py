# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots the unpacked kernel under qemu, with the host's root shared read-only, and runs one command in it.

What the command writes comes out of the second serial port; the first is the kernel's console and is kept for
the day on which something does not boot.
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import time

import initramfs
import kernel_image

VIRTIOFSD_PLACES = ("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd")
END_MARK = "# vm: exit status "

JOB = """
exec >/dev/ttyS1 2>&1 </dev/null
stty -F /dev/ttyS1 raw -echo 2>/dev/null || true
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root {environment}
ip link set lo up
cd {directory}
{command}
echo "{end_mark}$?"
sync
sleep 0.2
echo o > /proc/sysrq-trigger
sleep 10
"""


class MachineFailed(RuntimeError):
    """The machine did not boot, or did not end; the message carries the end of its console."""


def find_virtiofsd() -> str:
    for place in VIRTIOFSD_PLACES:
        if os.access(place, os.X_OK):
            return place
    raise MachineFailed("virtiofsd is missing: apt-get install qemu-system-common")


class Machine:
    """One boot. Use as a context manager: whatever happens, qemu and virtiofsd end and the files are gone."""

    def __init__(self, image: kernel_image.KernelImage, command: list[str], environment: dict[str, str]) -> None:
        self._work = pathlib.Path(tempfile.mkdtemp(prefix="nfsieve-vm-"))
        self._processes: list[subprocess.Popen] = []
        exported = " ".join(f"{key}={shlex.quote(value)}" for key, value in environment.items())
        job = JOB.format(
            environment=exported, directory=shlex.quote(os.getcwd()), command=shlex.join(command), end_mark=END_MARK
        )
        initramfs.write_initramfs(self._work / "initramfs", image.modules, image.release, job)
        self._image = image

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_error: object) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        shutil.rmtree(self._work, ignore_errors=True)

    def start(self) -> None:
        self._start_virtiofsd()
        console = open(self._work / "console", "wb")
        accelerator = os.environ.get("NFSIEVE_VM_ACCEL", "tcg,thread=multi")
        self._processes.append(
            subprocess.Popen(
                # fmt: off
                ["qemu-system-x86_64", "-accel", accelerator, "-cpu", "max", "-smp", "2", "-m", "768M",
                 "-object", "memory-backend-memfd,id=ram,size=768M,share=on", "-numa", "node,memdev=ram",
                 "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                 "-kernel", str(self._image.vmlinuz), "-initrd", str(self._work / "initramfs"),
                 "-append", "console=ttyS0 loglevel=4 panic=-1 random.trust_cpu=on mitigations=off audit=0 "
                            "tsc=reliable no_timer_check nokaslr",
                 "-serial", f"file:{self._work / 'console'}", "-serial", f"file:{self._work / 'output'}",
                 "-chardev", f"socket,id=fs,path={self._work / 'fs.sock'}",
                 "-device", "vhost-user-fs-pci,chardev=fs,tag=host"],
                # fmt: on
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
            )
        )

    def _start_virtiofsd(self) -> None:
        socket = self._work / "fs.sock"
        log = open(self._work / "virtiofsd.log", "wb")
        self._processes.append(
            subprocess.Popen(
                # fmt: off
                [find_virtiofsd(), f"--socket-path={socket}", "-o", "source=/", "-o", "cache=always",
                 "-o", "sandbox=chroot", "-o", "log_level=warn"],
                # fmt: on
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        )
        deadline = time.monotonic() + 10
        while not socket.exists():
            if self._processes[-1].poll() is not None or time.monotonic() > deadline:
                raise MachineFailed("virtiofsd did not start: " + self._tail("virtiofsd.log"))
            time.sleep(0.02)

    def lines(self, timeout: float):
        """Yields the command's lines as they come; ends after its exit status. Raises MachineFailed otherwise."""
        deadline = time.monotonic() + timeout
        pending, position = "", 0
        output = self._work / "output"
        while True:
            ended = self._processes[-1].poll() is not None
            if output.exists():
                with open(output, "rb") as stream:
                    stream.seek(position)
                    chunk = stream.read()
                position += len(chunk)
                *whole, pending = (pending + chunk.decode("utf-8", "replace")).split("\n")
                for line in whole:
                    yield line.rstrip("\r")
                    if line.startswith(END_MARK):
                        return
            if ended or time.monotonic() > deadline:
                reason = "ended early" if ended else f"took more than {timeout:.0f} s"
                raise MachineFailed(f"the machine {reason}; its console:\n{self._tail('console')}")
            time.sleep(0.05)

    def _tail(self, name: str) -> str:
        path = self._work / name
        return "\n".join(path.read_text(errors="replace").splitlines()[-25:]) if path.exists() else ""
