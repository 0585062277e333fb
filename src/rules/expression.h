// SPDX-License-Identifier: GPL-2.0-or-later
// A pattern as Vectorscan is told it.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/rules/rule_set.h"

namespace nfsieve {

struct Expression {
    std::string text; ///< PCRE syntax, printable ASCII
    unsigned flags = 0;
    hs_expr_ext_t limits{};               ///< offsets of the match's end
    bool needs_start = false;             ///< as Pattern::needs_start
    bool decided_at_end = false;          ///< a match may be known only when the stream ends
    std::uint64_t last_offset = no_limit; ///< as Rule::last_offset, for this pattern
};

/// Translates and, for a regex, lets Vectorscan look at it. The error is a sentence with the remedy. Any
/// thread.
[[nodiscard]] Result<Expression> make_expression(const PatternSpec& pattern);

/// Vectorscan's own words for what it cannot match, with what to write instead.
[[nodiscard]] std::string explain_refusal(std::string_view words);

} // namespace nfsieve
