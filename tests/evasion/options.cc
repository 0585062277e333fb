// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <cstdio>

namespace nfsieve::evasion {

std::optional<Selection> take_selection(Arguments& arguments, std::uint64_t count) {
    Selection selection;
    selection.first = arguments.take_number("--seed", selection.first);
    selection.count = arguments.take_number("--count", count);
    selection.most_failures = arguments.take_number("--failures", selection.most_failures);
    selection.verbose = arguments.take_switch("--verbose");
    const std::string wanted = arguments.take("--kind", "both");
    for (const Kind kind : {Kind::attack, Kind::benign})
        if (wanted == name(kind) || wanted == "both")
            selection.kinds.push_back(kind);
    if (selection.kinds.empty() || selection.count == 0)
        return std::nullopt;
    return selection;
}

void print_totals(Kind kind, const Selection& selection, const Totals& totals, const std::string& failures,
                  std::chrono::duration<double> took) {
    std::printf("%s: seeds %llu to %llu, %llu cases, %llu packets, %llu %s, %.1f s, %.0f cases/s\n",
                name(kind), static_cast<unsigned long long>(selection.first),
                static_cast<unsigned long long>(selection.first + selection.count - 1),
                static_cast<unsigned long long>(totals.cases),
                static_cast<unsigned long long>(totals.packets),
                static_cast<unsigned long long>(totals.failures), failures.c_str(), took.count(),
                static_cast<double>(totals.cases) / took.count());
    std::fflush(stdout);
}

} // namespace nfsieve::evasion
