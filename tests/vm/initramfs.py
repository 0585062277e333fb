# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the initramfs: busybox, the modules that reach the host's root file system, and an init.

The init mounts the host's root read-only (virtiofs), lays a tmpfs over it, and continues there: the very same
tools, libraries and test scripts then run under the other kernel.
"""

import gzip
import pathlib
import stat
import subprocess

# Enough to mount the root; everything else is loaded on demand from the unpacked kernel package.
BOOT_MODULES = ("virtio_pci", "virtiofs", "overlay")

INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /host /over /root
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in {modules}; do /bin/busybox insmod /modules/$module || echo "insmod $module failed"; done
/bin/busybox mount -t virtiofs -o ro host /host || echo "mounting the host root failed"
/bin/busybox mount -t tmpfs -o mode=755 over /over
/bin/busybox mkdir /over/upper /over/work
/bin/busybox mount -t overlay -o lowerdir=/host,upperdir=/over/upper,workdir=/over/work over /root \\
    || echo "mounting the overlay failed"
for place in proc sys dev; do /bin/busybox mount --move /$place /root/$place; done
/bin/busybox mount -t tmpfs -o mode=755 run /root/run
/bin/busybox mkdir -p /root/lib/modules /root/dev/shm /root/dev/pts
/bin/busybox mount -t tmpfs -o mode=1777 shm /root/dev/shm
/bin/busybox mount -t tmpfs modules /root/lib/modules
/bin/busybox ln -s {module_dir} /root/lib/modules/{release}
/bin/busybox cp /job /root/run/job
exec /bin/busybox switch_root /root /bin/sh /run/job
"""


class Cpio:
    """A cpio archive in the `newc` form that the kernel unpacks (Documentation/driver-api/early-userspace)."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._inode = 1

    def add(self, name: str, content: bytes, mode: int) -> None:
        encoded = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(encoded), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields)
        self._parts += [pad4(header + encoded), pad4(content)]
        self._inode += 1

    def add_directory(self, name: str) -> None:
        self.add(name, b"", stat.S_IFDIR | 0o755)

    def add_file(self, name: str, content: bytes) -> None:
        self.add(name, content, stat.S_IFREG | 0o755)

    def finish(self) -> bytes:
        self.add("TRAILER!!!", b"", 0)
        return b"".join(self._parts)


def pad4(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def module_files(modules: pathlib.Path, names: tuple[str, ...]) -> list[pathlib.Path]:
    """The files of `names` and of all they depend on, in the order in which they must be inserted."""
    dependencies = {}
    for line in (modules / "modules.dep").read_text(encoding="ascii").splitlines():
        path, _, needed = line.partition(":")
        dependencies[pathlib.Path(path).stem.replace("-", "_")] = [path, *needed.split()]
    ordered: list[str] = []
    for name in names:
        if name in dependencies:  # else it is built in
            ordered += [path for path in reversed(dependencies[name]) if path not in ordered]
    return [modules / path for path in ordered]


def add_program(archive: Cpio, name: str, program: str) -> None:
    """Adds `program` with the shared libraries it names, at the places where the loader looks for them."""
    archive.add_file(name, pathlib.Path(program).read_bytes())
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    made = {""}
    for word in listed.split():
        if word.startswith("/"):
            for parent in reversed(pathlib.PurePosixPath(word).parents):
                directory = str(parent).strip("/")
                if directory not in made and directory != "bin":
                    made.add(directory)
                    archive.add_directory(directory)
            archive.add_file(word.strip("/"), pathlib.Path(word).read_bytes())


def write_initramfs(target: pathlib.Path, modules: pathlib.Path, release: str, job: str) -> None:
    """Writes `target`; `job` is the shell script that becomes process 1 once the root is mounted."""
    archive = Cpio()
    for directory in ("bin", "modules"):
        archive.add_directory(directory)
    add_program(archive, "bin/busybox", "/bin/busybox")
    files = module_files(modules, BOOT_MODULES)
    for file in files:
        archive.add_file(f"modules/{file.name}", file.read_bytes())
    init = INIT.format(modules=" ".join(f.name for f in files), module_dir=modules.resolve(), release=release)
    archive.add_file("init", init.encode())
    archive.add_file("job", job.encode())
    target.write_bytes(gzip.compress(archive.finish(), 1))
