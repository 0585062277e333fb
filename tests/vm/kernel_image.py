# SPDX-License-Identifier: GPL-2.0-or-later
"""Fetches a stock Debian cloud kernel and unpacks it into a cache directory; nothing is installed."""

import dataclasses
import fcntl
import pathlib
import re
import shutil
import subprocess

META_PACKAGE = "linux-image-cloud-amd64"


class KernelUnavailable(RuntimeError):
    """The package cannot be had here; the message says why and what would help."""


@dataclasses.dataclass(frozen=True)
class KernelImage:
    release: str
    vmlinuz: pathlib.Path
    modules: pathlib.Path  # the directory lib/modules/<release>


def concrete_package() -> str:
    """The name of the package that the meta package depends on, as apt knows it now."""
    shown = subprocess.run(["apt-cache", "depends", META_PACKAGE], capture_output=True, text=True, check=False)
    found = re.search(r"Depends: (linux-image-\S+)", shown.stdout)
    if not found:
        raise KernelUnavailable(f"apt knows no {META_PACKAGE}: run apt-get update")
    return found[1]


def find_unpacked(cache: pathlib.Path) -> KernelImage | None:
    for vmlinuz in sorted(cache.glob("kernel/boot/vmlinuz-*")):
        release = vmlinuz.name.removeprefix("vmlinuz-")
        modules = cache / "kernel/lib/modules" / release
        if (modules / "modules.dep").exists():
            return KernelImage(release, vmlinuz, modules)
    return None


def fetch_kernel(cache: pathlib.Path) -> KernelImage:
    """Returns the kernel in `cache`, downloading it first where it is missing. Safe against a second caller."""
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return find_unpacked(cache) or download(cache)


def download(cache: pathlib.Path) -> KernelImage:
    package = concrete_package()
    for old in cache.glob("linux-image-*.deb"):
        old.unlink()
    got = subprocess.run(
        ["apt-get", "download", package], cwd=cache, capture_output=True, text=True, check=False
    )
    archives = list(cache.glob("linux-image-*.deb"))
    if got.returncode != 0 or not archives:
        raise KernelUnavailable(f"apt-get download {package} failed: {got.stderr.strip()[-300:]}")
    unpacked = cache / "kernel.new"
    shutil.rmtree(unpacked, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", archives[0], unpacked], check=True)
    release = package.removeprefix("linux-image-")
    subprocess.run(["depmod", "-b", unpacked, release], check=True)
    shutil.rmtree(cache / "kernel", ignore_errors=True)
    unpacked.rename(cache / "kernel")
    archives[0].unlink()
    image = find_unpacked(cache)
    if image is None:
        raise KernelUnavailable(f"{package} holds no vmlinuz with modules")
    return image
