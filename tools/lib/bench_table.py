# SPDX-License-Identifier: GPL-2.0-or-later
"""Medians, ratios and columns. A ratio is the median of the rounds' ratios: what a round has in common cancels out."""

import dataclasses
import statistics
from collections.abc import Sequence

Sample = dict[str, float]  # what one candidate gave in one round, by column


@dataclasses.dataclass(frozen=True)
class Column:
    name: str
    unit: str
    digits: int = 0


def median(samples: Sequence[Sample], column: str) -> float | None:
    """None where no sample has a value."""
    values = [sample[column] for sample in samples if column in sample]
    return statistics.median(values) if values else None


def median_ratio(samples: Sequence[Sample], bases: Sequence[Sample], column: str) -> float | None:
    """Of samples of the same rounds. None where either has no value."""
    ratios = [
        sample[column] / base[column]
        for sample, base in zip(samples, bases)
        if column in sample and base.get(column)
    ]
    return statistics.median(ratios) if ratios else None


def print_table(samples: dict[str, list[Sample]], columns: Sequence[Column], bases: Sequence[str]) -> None:
    """All candidates' values, then their ratios to each of `bases`."""
    width, first = 13, max(map(len, samples)) + 2
    print_rows(["", *(column.name for column in columns)], [["", *(column.unit for column in columns)]], width, first)
    values = [[name, *(cell(median(some, c.name), c.digits) for c in columns)] for name, some in samples.items()]
    print_rows(values[0], values[1:], width, first)
    for base in bases:
        ratios = [[name, *(cell(median_ratio(some, samples[base], c.name), 2) for c in columns)]
                  for name, some in samples.items() if name not in bases[:bases.index(base) + 1]]  # fmt: skip
        print_rows([f"of {base}:"], ratios, width, first)


def cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def print_rows(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int, first: int | None = None) -> None:
    """The first column to the left, all others to the right."""
    for row in (heads, *rows):
        print((f"{row[0]:<{first or width}}" + "".join(f"{cell:>{width}}" for cell in row[1:])).rstrip())
