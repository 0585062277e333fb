# SPDX-License-Identifier: GPL-2.0-or-later
"""The named catalogue of evasions: what an attacker sends, what Linux reads of it, what nfsieve does."""

from . import insertion, ip, overlap, segmentation, state, urgent
from .entry import DECOY, HARMLESS, PATTERN, Entry, Family

FAMILIES: list[Family] = [
    module.FAMILY for module in (segmentation, overlap, insertion, urgent, state, ip)
]
ENTRIES: list[Entry] = [entry for family in FAMILIES for entry in family.entries]

__all__ = ["DECOY", "ENTRIES", "FAMILIES", "HARMLESS", "PATTERN", "Entry", "Family"]
