# SPDX-License-Identifier: GPL-2.0-or-later
"""Interleaved rounds: absolute figures vary from minute to minute on a shared machine, ratios within a round do less."""

import sys
from collections.abc import Callable
from typing import TypeVar

Sample = TypeVar("Sample")


def run(candidates: dict[str, Callable[[], Sample]], rounds: int) -> dict[str, list[Sample]]:
    """Calls every candidate once a round."""
    samples: dict[str, list[Sample]] = {name: [] for name in candidates}
    for number in range(rounds):
        for name, measure in candidates.items():
            progress(f"round {number + 1} of {rounds}: {name}")
            samples[name].append(measure())
    progress("")
    return samples


def progress(text: str) -> None:
    """On a terminal alone: one line that overwrites itself."""
    if sys.stderr.isatty():
        print(f"\r{text:60}\r", end="", file=sys.stderr, flush=True)
