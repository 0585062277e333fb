// SPDX-License-Identifier: GPL-2.0-or-later
// Three-valued "and" and "or" for the search over places.
#pragma once

#include "check_search.h"

#include <algorithm>

namespace nfsieve {

[[nodiscard]] inline Outcome both(const Outcome& one, const Outcome& other) {
    if (one.answer == Answer::no || other.answer == Answer::no)
        return {};
    const bool sure = one.answer == Answer::yes && other.answer == Answer::yes;
    return {sure ? Answer::yes : Answer::undecided, std::max(one.end, other.end)};
}

/// Of two solutions the one that ends first.
[[nodiscard]] inline Outcome better(const Outcome& one, const Outcome& other) {
    if (one.answer == Answer::yes && other.answer == Answer::yes)
        return one.end <= other.end ? one : other;
    if (one.answer == Answer::yes || other.answer == Answer::no)
        return one;
    if (other.answer == Answer::yes || one.answer == Answer::no)
        return other;
    return one;
}

/// Whether what follows depends on where or what this check has found.
[[nodiscard]] inline bool moves(const Check& check) {
    if (const auto* content = std::get_if<ContentCheck>(&check.what))
        return !content->negated;
    if (const auto* pcre = std::get_if<PcreCheck>(&check.what))
        return !pcre->negated;
    return std::holds_alternative<ByteJumpCheck>(check.what) ||
           std::holds_alternative<ByteExtractCheck>(check.what) ||
           std::holds_alternative<ByteMathCheck>(check.what);
}

} // namespace nfsieve
