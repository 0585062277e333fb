// SPDX-License-Identifier: GPL-2.0-or-later
// What a growing buffer must bring before checks on it can hold.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/rules/compiled_checks.h"

#include <cstdint>

namespace nfsieve {

/// Checks that are undecided for a buffer stay so until something turns up in the bytes that follow. To look
/// for that in those bytes costs far less than to hold the checks against the whole buffer with each segment.
class Awaited {
public:
    /// Anything may decide.
    Awaited() = default;
    /// For checks that are undecided for these bytes of a buffer that is not complete: a content that they
    /// lack, or if contents are all that they ask for, another place of one of them.
    [[nodiscard]] static Awaited by(const CompiledChecks& checks, Bytes bytes);

    /// The last `fresh` of the bytes are new. False: what was undecided still is.
    [[nodiscard]] bool turned_up(const CompiledChecks& checks, Bytes bytes, std::size_t fresh) const;

private:
    enum class Kind : std::uint8_t { anything, one, some };
    Awaited(Kind kind, std::uint16_t step) : kind_(kind), step_(step) {}

    Kind kind_ = Kind::anything;
    std::uint16_t step_ = 0; ///< for Kind::one
};

} // namespace nfsieve
