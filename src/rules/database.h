// SPDX-License-Identifier: GPL-2.0-or-later
// Expressions -> one Vectorscan database.
#pragma once

#include "expression.h"

#include <span>

namespace nfsieve {

/// Why a database could not be made.
struct Refusal {
    static constexpr std::uint32_t no_pattern = 0xffffffff;
    std::uint32_t pattern = no_pattern; ///< index into the expressions; no_pattern: all of them together
    std::string message;
};

struct BuiltDatabase {
    HsDatabase database; ///< null where there are refusals
    std::vector<Refusal> refusals;
};

/// Makes a stream-mode database of `patterns` (indices into `expressions`); a pattern's index is its
/// Vectorscan id. Where that fails each is tried alone, so that all that are to blame are named.
[[nodiscard]] BuiltDatabase build_database(std::span<const Expression> expressions,
                                           std::span<const std::uint32_t> patterns);

} // namespace nfsieve
