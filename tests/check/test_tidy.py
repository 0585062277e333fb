#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""clang-tidy over every source file of the product. Argument: the build directory with compile_commands.json."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv.pop(1))


def product_files():
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = (BUILD / entry["file"]).resolve()
        if path.is_relative_to(ROOT / "src"):
            yield path


def tidy(path):
    result = subprocess.run(["clang-tidy-14", "--quiet", "-p", str(BUILD), "--extra-arg=-Wno-unknown-warning-option",
                             str(path)], capture_output=True, text=True, cwd=ROOT)
    return result.returncode, result.stdout


class Tidy(unittest.TestCase):
    def test_product_files_have_no_findings(self):
        files = sorted(set(product_files()))
        self.assertGreater(len(files), 20)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            findings = [out for code, out in pool.map(tidy, files) if code != 0]
        self.assertEqual("".join(findings), "")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    from harness import tap

    tap.main(needs_kernel=False)
