#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""clang-tidy over every source file of the product. Argument: the build directory with compile_commands.json.

Nearly all of its time goes into the headers that the files include. So the files of a layer are joined, as far as they
compile as one, and looked through together; where that finds anything, each of them is looked through by itself."""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
TIDY = ("clang-tidy-14", "--quiet", f"--config-file={ROOT / '.clang-tidy'}")
TOGETHER = 12
OF_GCC_ALONE = ("-mmemset-strategy=", "-ffat-lto-objects", "-flto")


@dataclasses.dataclass(frozen=True)
class Source:
    path: pathlib.Path
    arguments: tuple[str, ...]  # for the compiler, without what is about this file alone


def product_files() -> list[Source]:
    sources = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = (BUILD / entry["file"]).resolve()
        if path.is_relative_to(ROOT / "src"):
            sources[path] = Source(path, compiler_arguments(entry))
    return [sources[path] for path in sorted(sources)]


def compiler_arguments(entry: dict[str, str]) -> tuple[str, ...]:
    words = iter(shlex.split(entry["command"]))
    kept = []
    for word in words:
        if word in ("-o", "-MQ", "-MF", "-c"):
            next(words)
        elif word.startswith("-") and word != "-MD" and not word.startswith(OF_GCC_ALONE):
            kept.append(word)
    return (*kept, "-Wno-unknown-warning-option", "-fno-color-diagnostics")


def bundles(sources: list[Source]) -> list[list[Source]]:
    """By folder and arguments, a few at once."""
    alike: dict[object, list[Source]] = {}
    for source in sources:
        alike.setdefault((source.path.parent, source.arguments), []).append(source)
    return [group[at : at + TOGETHER] for group in alike.values() for at in range(0, len(group), TOGETHER)]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=BUILD, check=False)


class Joined:
    """A file that holds the text of several. Each keeps its name and its lines in what the compiler says."""

    def __init__(self, sources: list[Source]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nfsieve-tidy-")
        self.path = pathlib.Path(self._folder.name, "joined.cc")
        text = "".join(f'#line 1 "{it.path}"\n{it.path.read_text().rstrip()}\n' for it in sources)
        self.path.write_text(text)
        self.arguments = ["-iquote", str(sources[0].path.parent), *sources[0].arguments]

    def __enter__(self) -> "Joined":
        return self

    def __exit__(self, *_error: object) -> None:
        self._folder.cleanup()


def compatible(sources: list[Source]) -> list[list[Source]]:
    """The same in groups that compile as one: two files may call different things by one name."""
    together, apart = sources, []
    while len(together) > 1:
        with Joined(together) as joined:
            said = run(["clang++-14", "-fsyntax-only", "-w", "-ferror-limit=0", *joined.arguments, str(joined.path)])
        if said.returncode == 0:
            break
        wrong = {line.split(":")[0] for line in said.stderr.splitlines() if " error: " in line}
        clash = [it for it in together[1:] if str(it.path) in wrong] or together[1:]
        apart += clash
        together = [it for it in together if it not in clash]
    return [together, *(compatible(apart) if apart else [])]


def findings(group: list[Source]) -> str:
    if len(group) > 1:
        with Joined(group) as joined:
            if run([*TIDY, str(joined.path), "--", "-x", "c++", *joined.arguments]).returncode == 0:
                return ""
    said = [run([*TIDY, str(it.path), "--", *it.arguments]) for it in group]
    return "".join(it.stdout or it.stderr for it in said if it.returncode != 0)


class Tidy(unittest.TestCase):
    def test_product_files_have_no_findings(self) -> None:
        sources = product_files()
        self.assertGreater(len(sources), 20)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            groups = [group for found in pool.map(compatible, bundles(sources)) for group in found]
            self.assertEqual(sorted(it.path for group in groups for it in group), [it.path for it in sources])
            self.assertEqual("".join(pool.map(findings, groups)), "")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    from harness import tap

    tap.main(needs_kernel=False)
