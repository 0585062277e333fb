// SPDX-License-Identifier: GPL-2.0-or-later
// What the two programs have in common: which scripts they play, and the line they end with.
#pragma once

#include "../support/arguments.h"
#include "script.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nfsieve::evasion {

using test::Arguments;

/// Which scripts to play, and how much to say of them.
struct Selection {
    std::uint64_t first = 1, count = 0, most_failures = 10;
    std::vector<Kind> kinds;
    bool verbose = false;
};

/// Takes --seed, --count, --failures, --kind and --verbose. Nothing where they select no script.
[[nodiscard]] std::optional<Selection> take_selection(Arguments& arguments, std::uint64_t count);

struct Totals {
    std::uint64_t cases = 0, packets = 0, failures = 0;
};

/// What came of all scripts of one kind. `failures`: what to call those that failed, and what else to say.
void print_totals(Kind kind, const Selection& selection, const Totals& totals, const std::string& failures,
                  std::chrono::duration<double> took);

} // namespace nfsieve::evasion
