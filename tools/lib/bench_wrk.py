# SPDX-License-Identifier: GPL-2.0-or-later
"""wrk at a client, and what it says."""

import dataclasses
import re

from harness.namespace import Namespace
from harness.topology import V4

UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}  # as wrk counts


@dataclasses.dataclass
class Answers:
    seconds: float
    count: int
    size: float  # bytes, headers too
    refused: int  # other than 200


def run(client: Namespace, connections: int, seconds: float, *options: str, scheme: str = "http") -> Answers:
    """Loads `connections` connections from one thread for whole seconds, at least one."""
    done = client.run("wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", *options, f"{scheme}://{V4.server}/")
    line = re.search(r"(\d+) requests in ([\d.]+)s, ([\d.]+)(B|KB|MB|GB) read", done.stdout)
    assert line, done.stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    return Answers(float(line[2]), int(line[1]), float(line[3]) * UNITS[line[4]], int(refused[1]) if refused else 0)


def paths_script(paths: list[str], headers: str = "") -> str:
    """Lua for `wrk -s`: the paths one after the other, again and again. `headers` stand in a Lua table and may use `at`,
    the number of the path."""
    listed = ",".join(f'"{path}"' for path in paths)
    return f"""
local paths = {{{listed}}}
local at = 0
request = function()
    at = at % #paths + 1
    return wrk.format("GET", paths[at], {{{headers}}})
end
"""
