// SPDX-License-Identifier: GPL-2.0-or-later
// Regexes for PCRE2's interpreter, and what has to be known of one before it may look at a growing buffer.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/rules/check.h"

#include <cstdint>
#include <memory>
#include <optional>

struct pcre2_real_code_8;

namespace nfsieve {

struct PcreFree {
    void operator()(pcre2_real_code_8* code) const;
};
using PcreCode = std::unique_ptr<pcre2_real_code_8, PcreFree>;

/// A compiled pattern. Immutable; any thread, each with match data of its own.
struct Regex {
    /// Number of the callout that the pattern begins with: it tells where a match is tried.
    static constexpr std::uint32_t begin_callout = 255;

    PcreCode code;
    bool anchored = false;        ///< can match at the place where the search begins and nowhere else
    bool needs_beginning = false; ///< asks for the subject's first byte by \A or \G, which no option can deny
    /// Where a match begins, and whether one does, does not depend on what stands before.
    bool forgets = false;
    /// Bytes behind a match's end that the match may depend on: with so many there, bytes that follow change
    /// nothing. Nothing where that cannot be told (possessive and atomic groups, unbounded lookaheads).
    /// A `$` is not counted: PCRE2_NOTEOL keeps it from matching at the end of what is there.
    std::optional<std::uint32_t> horizon;
    std::uint32_t captures = 0;
};

/// 8-bit, without UTF; not for the JIT, whose code pages would have to be writable and executable. Fails
/// where PCRE2 refuses the pattern, with its words and the position in the pattern, and where that begins
/// with a setting such as (*ANYCRLF).
[[nodiscard]] Result<Regex> compile_regex(const PcreCheck& check);

} // namespace nfsieve
