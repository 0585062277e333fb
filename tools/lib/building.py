# SPDX-License-Identifier: GPL-2.0-or-later
"""Configures and builds the build directories that the tools share."""

import dataclasses
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Build:
    directory: pathlib.Path
    compiler: str
    options: tuple[str, ...]


RELEASE = Build(ROOT / "build/release", "g++", ("--buildtype=release",))
# Their reports need lines and no more: all that a debugger wants takes longer to compile. Several sources at once are
# compiled in half the time, since the templates that they share are instantiated once: names of the anonymous
# namespaces of a layer, or of the tests of one, must differ.
SANITIZERS = (
    "-Doptimization=2", "-Ddebug=false", "-Dcpp_args=-gline-tables-only", "-Db_lundef=false", "-Dunity=on", "-Dunity_size=6"
)
SANITIZE = Build(
    ROOT / "build/sanitize", "clang++-14", (*SANITIZERS, "-Db_sanitize=address,undefined", "-Dfuzz=true")
)
# Its few tests run for seconds whatever they are compiled to.
THREADS = Build(ROOT / "build/tsan", "clang++-14", (*SANITIZERS, "-Doptimization=0", "-Db_sanitize=thread"))
# What the suite `threads` runs; the rest need not be built with this sanitizer.
THREADS_TARGETS = ("nfsieve", "tests/bench/accept_all", *(f"tests/unit/{it}/test_{it}" for it in ("app", "telemetry", "io")))


# Takes the processors only where nobody else wants them.
BESIDE = ("nice", "-n", "19")


class BuildFailed(RuntimeError):
    """Meson or the compiler said no; what they said has been shown."""


def prepare(build: Build, *targets: str, quiet: bool = False, beside: bool = False) -> None:
    """Brings `targets` (default: everything) up to date. `quiet` shows output only where something fails. `beside`:
    takes the processors only where nobody else wants them."""
    if not (build.directory / "build.ninja").exists():
        configure = ["meson", "setup", str(build.directory), str(ROOT), *build.options]
        run(configure, quiet, os.environ | {"CXX": compiler_command(build.compiler)})
    run([*(BESIDE if beside else ()), "ninja", "-C", str(build.directory), *targets], quiet, None)


def compiler_command(compiler: str) -> str:
    """Meson finds ccache by itself only where it chooses the compiler."""
    from shutil import which

    return f"ccache {compiler}" if which("ccache") else compiler


def run(command: list[str], quiet: bool, environment: dict[str, str] | None) -> None:
    done = subprocess.run(
        command, check=False, env=environment, stdin=subprocess.DEVNULL, text=True, errors="replace",
        stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT if quiet else None,
    )
    if done.returncode != 0:
        if quiet:
            print(done.stdout[-8000:])
        raise BuildFailed(" ".join(command))
