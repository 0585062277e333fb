#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""House rules that a machine can hold: which layer includes which, file sizes, licence lines, formatting, links."""

import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A layer may include itself and these. engine's interface (config.h, judge.h) is all that io sees of it.
MAY_INCLUDE = {
    "base": set(),
    "packet": {"base"},
    "rules": {"base"},
    "telemetry": {"base"},
    "flow": {"base", "packet"},
    "inspect": {"base", "packet", "rules", "flow"},
    "engine": {"base", "packet", "rules", "flow", "inspect", "telemetry"},
    "io": {"base", "packet", "telemetry", "engine/config.h", "engine/judge.h"},
    "app": {"base", "packet", "rules", "flow", "inspect", "telemetry", "engine", "io"},
}
LONGEST_FILE = 600
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def sources(*folders, suffixes=(".h", ".cc", ".cpp")):
    for folder in folders:
        yield from sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in suffixes)


def wrong_includes(layer, text):
    """The project's headers that `text`, a file of `layer`, includes against the order of the layers."""
    for header in INCLUDE.findall(text):
        match = re.match(r"(?:\.\./)*nfsieve/([^/]+)/(.+)", header)
        if not match:
            if ".." in header:
                yield header
            continue
        target, rest = match.groups()
        allowed = MAY_INCLUDE[layer]
        if target != layer and target not in allowed and f"{target}/{rest}" not in allowed:
            yield header


class Layers(unittest.TestCase):
    def test_includes_go_down_only(self):
        wrong = []
        for base in ("src", "include/nfsieve"):
            for layer in MAY_INCLUDE:
                for path in sources(f"{base}/{layer}"):
                    wrong += [f"{path.relative_to(ROOT)}: {h}" for h in wrong_includes(layer, path.read_text())]
        self.assertEqual(wrong, [])

    def test_every_layer_folder_is_known(self):
        for base in ("src", "include/nfsieve"):
            folders = {p.name for p in (ROOT / base).iterdir() if p.is_dir()}
            self.assertEqual(folders, set(MAY_INCLUDE))

    def test_the_check_itself_finds_a_wrong_include(self):
        self.assertEqual(list(wrong_includes("flow", '#include "nfsieve/engine/engine.h"\n')),
                         ["nfsieve/engine/engine.h"])
        self.assertEqual(list(wrong_includes("io", '#include "nfsieve/engine/engine.h"\n')),
                         ["nfsieve/engine/engine.h"])
        self.assertEqual(list(wrong_includes("packet", '#include "../flow/x.h"\n')), ["../flow/x.h"])
        self.assertEqual(list(wrong_includes("app", '#include "nfsieve/io/nfqueue.h"\n')), [])


class Files(unittest.TestCase):
    def test_none_is_longer_than_its_one_purpose(self):
        long = [f"{p.relative_to(ROOT)}: {n} lines" for p in sources("src", "include", "tests")
                if (n := len(p.read_text().splitlines())) > LONGEST_FILE]
        self.assertEqual(long, [])

    def test_each_names_its_licence(self):
        bare = [str(p.relative_to(ROOT)) for p in sources("src", "include", "tests", suffixes=(".h", ".cc", ".cpp", ".py"))
                if "SPDX-License-Identifier: GPL-2.0-or-later" not in p.read_text()[:300]]
        self.assertEqual(bare, [])

    def test_each_layer_says_what_it_is_for(self):
        for layer in MAY_INCLUDE:
            self.assertTrue((ROOT / "src" / layer / "README.md").is_file(), layer)

    def test_code_is_formatted(self):
        files = [str(p) for p in sources("src", "include", "tests")]
        result = subprocess.run(["clang-format-14", "--dry-run", "--Werror", *files], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr[:3000])


class Docs(unittest.TestCase):
    def test_links_lead_somewhere(self):
        broken = []
        for page in (p for p in ROOT.rglob("*.md") if not p.relative_to(ROOT).parts[0].startswith("build")):
            for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
                if "://" not in target and not (page.parent / target).exists():
                    broken.append(f"{page.relative_to(ROOT)}: {target}")
        self.assertEqual(broken, [])

    def test_the_readme_is_short(self):
        self.assertLess(len((ROOT / "README.md").read_text().splitlines()), 150)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    from harness import tap

    tap.main(needs_kernel=False)
